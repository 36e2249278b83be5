using System.Globalization;
using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>A job in the words of this interface.</summary>
internal static class JobWords
{
    public const string Pending = "pending";
    public const string Running = "running";
    public const string Completed = "completed";
    public const string Failed = "failed";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static string Status(JobRecord job) => job.State switch
    {
        JobState.Running => Running,
        JobState.Completed => Completed,
        JobState.Failed or JobState.Cancelled => Failed,
        _ => Pending,
    };

    public static double Progress(JobRecord job)
    {
        if (job.State == JobState.Completed)
            return 1;
        var known = job.Progress is { Done: { } done, Total: > 0 and { } total } ? done / total : 0;
        return Rounded(job.Progress?.Fraction ?? known);
    }

    public static double Rounded(double progress) => double.IsFinite(progress) ? Math.Round(Math.Clamp(progress, 0, 1), 4) : 0;

    public static string Label(double progress) => string.Create(CultureInfo.InvariantCulture, $"{progress * 100:0.0}%");

    public static string? Error(JobRecord job) => job.State switch
    {
        JobState.Failed => job.Error?.Message ?? "It failed, and said nothing of why.",
        JobState.Cancelled => job.Reason is { Length: > 0 } reason ? $"cancelled: {reason}" : "cancelled",
        _ => null,
    };

    /// <summary>What the command ended with; null: it has not ended by itself.</summary>
    public static int? ExitCode(JobRecord job)
    {
        if (job.Result is { Length: > 0 } json && job.Name == ProcessName)
            return JsonSerializer.Deserialize<ProcessResult>(json.Span, Web)?.ExitCode;
        return job.State switch { JobState.Completed => 0, JobState.Failed when job.Name != ProcessName => 1, _ => null };
    }

    /// <summary>The name of jobs that run a program.</summary>
    public const string ProcessName = "process.run";

    public static ShownJob Of(JobRecord job)
    {
        var progress = Progress(job);
        var attempt = job.State == JobState.Failed ? Math.Max(1, job.FailedAttempts) : job.FailedAttempts + 1;
        return new ShownJob(job.Id.Value, job.Description ?? job.Name, progress, Label(progress), job.CreatedAt.ToUnixTimeSeconds(), attempt, Error(job));
    }

    public static ListedJob InList(JobRecord job)
    {
        var shown = Of(job);
        return new ListedJob(shown.Id, shown.Description, Status(job), shown.Progress, shown.ProgressLabel, shown.TimePushed, shown.Attempt, shown.Error);
    }

    /// <summary>A job that the queue has forgotten, as the migrations' own table knows it.</summary>
    public static ShownJob Of(MigrationState state, JobId id)
    {
        var progress = Rounded(state.Progress);
        return new ShownJob(id.Value, state.Command, progress, Label(progress), state.CreatedAt.ToUnixTimeSeconds(), 1, state.Error);
    }
}

/// <summary>A job, as <c>get-queue-status</c> shows it.</summary>
internal sealed record ShownJob(long Id, string Description, double Progress, string ProgressLabel, long TimePushed, int Attempt, string? Error);

/// <summary>A job, as <c>get-queue-jobs</c> lists it.</summary>
internal sealed record ListedJob(long Id, string Description, string Status, double Progress, string ProgressLabel, long TimePushed, int Attempt, string? Error);
