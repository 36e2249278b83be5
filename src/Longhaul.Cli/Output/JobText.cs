using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>A job in words, the same in every list.</summary>
internal static class JobText
{
    /// <summary>After this a cancelled run that goes on is shown as not responding.</summary>
    private static readonly TimeSpan RespondsWithin = TimeSpan.FromSeconds(30);

    public static readonly IReadOnlyList<Column> Columns =
        [new("ID", Right: true), "Name", "Queue", "State", "Progress", new("Try", Right: true), "When", new("Note", Wrap: true)];

    /// <summary>The state as people are told it, in its colour.</summary>
    public static Cell State(JobRecord job) => job.Derived switch
    {
        DerivedState.Scheduled => new("scheduled", Colour: "blue"),
        DerivedState.Retrying => new("retrying", Colour: "yellow"),
        DerivedState.Stuck => new("stuck", Colour: "red"),
        _ => new(Word(job.State), Colour: Colour(job.State)),
    };

    public static string Word(JobState state) => state switch
    {
        JobState.Waiting => "waiting",
        JobState.Pending => "pending",
        JobState.Running => "running",
        JobState.Paused => "paused",
        JobState.Completed => "completed",
        JobState.Failed => "failed",
        _ => "cancelled",
    };

    /// <summary>The current or next attempt, 1 at the first; of a failed job the last one.</summary>
    public static int Attempt(JobRecord job) => job.State == JobState.Failed ? Math.Max(1, job.FailedAttempts) : job.FailedAttempts + 1;

    public static int MaxAttempts(JobRecord job) => Math.Max(job.Policy?.MaxAttempts ?? JobDefaults.MaxAttempts, Attempt(job));

    public static bool HasEnded(JobRecord job) => job.State is JobState.Completed or JobState.Failed or JobState.Cancelled;

    /// <summary>A row for <see cref="Columns"/>; in a pipe <c>id name queue state progress attempt created due finished worker note</c>.</summary>
    public static Cell[] Row(JobRecord job, CliContext cli) => cli.Print.Rich
        ?
        [
            job.Id, Shown.Cut(job.Name, 40), Shown.Cut(job.Queue, 24), State(job), Progress(job, cli.Console.Unicode),
            $"{Attempt(job)}/{MaxAttempts(job)}", Moment(job, cli.Time), new(Shown.Cut(Note(job, cli.Time), 80), Colour: job.Error is null ? "grey" : "red"),
        ]
        :
        [
            job.Id, job.Name, job.Queue, State(job), job.Progress?.Fraction is { } fraction ? Amount.Percent(fraction) : null,
            $"{Attempt(job)}/{MaxAttempts(job)}", When.Plain(job.CreatedAt), When.Plain(job.DueAt), job.FinishedAt is { } end ? When.Plain(end) : null,
            job.Worker, Note(job, cli.Time),
        ];

    /// <summary>What there is to say about it: why it waits, what was asked of it, what it does, or its error.</summary>
    public static string? Note(JobRecord job, TimeProvider time)
        => Ordered(job, time) ?? job.WaitsFor
        ?? (job.State == JobState.Running ? job.Progress?.Note ?? job.Progress?.Phase : null)
        ?? (job.Error is { } error ? $"{error.Type}: {error.Message}" : null)
        ?? job.Reason ?? job.Description;

    /// <summary>What was asked of the run and is not carried out yet.</summary>
    public static string? Ordered(JobRecord job, TimeProvider time)
    {
        if (job.Order is not { } order)
            return null;
        var what = order == RunOrderKind.Pause ? "pause" : "cancel";
        return job.OrderedAt is { } at && time.GetUtcNow() - at > RespondsWithin
            ? $"{what} asked {When.Relative(at, time)}: not responding"
            : $"{what} asked";
    }

    private static Cell Progress(JobRecord job, bool unicode) => job.Progress switch
    {
        { Fraction: { } fraction } when !HasEnded(job) => new($"{ProgressBar.Text(fraction, 10, unicode)} {Amount.Percent(fraction),6}"),
        { Done: { } done } when !HasEnded(job) => Amount.Number(done),
        _ => "",
    };

    private static string Moment(JobRecord job, TimeProvider time) => job switch
    {
        { FinishedAt: { } end } => "ended " + When.Relative(end, time),
        { State: JobState.Running, StartedAt: { } start } => "started " + When.Relative(start, time),
        { State: JobState.Running } => "started",
        { State: JobState.Pending } => "due " + When.Relative(job.DueAt, time),
        _ => "since " + When.Relative(job.UpdatedAt, time),
    };

    private static string Colour(JobState state) => state switch
    {
        JobState.Running => "green",
        JobState.Failed => "red",
        JobState.Paused => "magenta",
        JobState.Cancelled => "grey",
        JobState.Completed => "grey",
        _ => "yellow",
    };
}
