using Longhaul;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>
/// Keeps the migrations' own table in step with their jobs. A typed migration writes its row itself, while it runs; of a command that runs as a program
/// all that is known is what it prints. How a job ended is noted for both, for its worker may have died.
/// </summary>
internal sealed class MigrationWatch(MigrationStates states, IJobStore store, TimeProvider time, ILogger<MigrationWatch> logger) : BackgroundService
{
    private const int Newest = 50;
    private const int LastLines = 50;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>A migration of this owner, as it is now; null: there is none.</summary>
    public async Task<MigrationState?> FindAsync(string migrationId, string owner, CancellationToken cancellationToken)
    {
        var state = states.Find(migrationId) ?? await ReviveAsync(migrationId, owner, cancellationToken);
        return state?.Owner == owner ? await RefreshAsync(state, cancellationToken) : null;
    }

    /// <summary>The migration that a job is; null: it is none.</summary>
    public async Task<MigrationState?> FindByJobAsync(JobRecord job, CancellationToken cancellationToken)
        => states.FindByJob(job.Id.ToString()) is { } state ? await RefreshAsync(state, job, cancellationToken) : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var state in states.Recent(Newest))
                    await RefreshAsync(state, stoppingToken);
            }
            catch (Exception e) when (e is StoreException or SqliteException)
            {
                logger.LogWarning(e, "the migrations' table could not be brought up to date; it is tried again");
            }
        }
    }

    private async Task<MigrationState> RefreshAsync(MigrationState state, CancellationToken cancellationToken)
    {
        var job = JobId.TryParse(state.JobId, null, out var id) ? await store.GetJobAsync(id, cancellationToken) : null;
        if (job is not null)
            return await RefreshAsync(state, job, cancellationToken);
        return HasEnded(state.Status)
            ? state
            : Save(state, state with { Status = JobWords.Failed, Error = "The queue has forgotten its job, and how that ended was not noted." });
    }

    private async Task<MigrationState> RefreshAsync(MigrationState state, JobRecord job, CancellationToken cancellationToken)
    {
        var status = JobWords.Status(job);
        var now = state with { Status = status, Error = JobWords.Error(job) ?? (status == JobWords.Failed ? state.Error : null) };
        if (job.Name == JobWords.ProcessName)
        {
            if (status == state.Status && HasEnded(status))
                return state;
            var lines = await store.ListLogsAsync(new LogFilter { Job = job.Id, Last = LastLines }, new PageRequest(LastLines), cancellationToken);
            var said = CommandReport.Last(lines.Items.Select(static line => line.Line.Text));
            now = now with
            {
                Phase = said.Phase ?? state.Phase,
                Processed = said.Done ?? state.Processed,
                Total = said.Done is null ? state.Total : said.Total,
                Progress = JobWords.Progress(job),
                ExitCode = JobWords.ExitCode(job),
            };
            return Save(state, now);
        }

        // Its handler writes the row while it runs, and knows more. A row that was read before must not come back over a later one.
        if (!HasEnded(status))
            return now;
        return Save(state, now with { Progress = status == JobWords.Completed ? 1 : state.Progress, ExitCode = JobWords.ExitCode(job) });
    }

    private MigrationState Save(MigrationState before, MigrationState now)
    {
        if (now == before)
            return before;
        states.Save(now);
        return now with { UpdatedAt = time.GetUtcNow() };
    }

    /// <summary>The row of a job that was written just before its application was killed: the job has the migration's id as its tag.</summary>
    private async Task<MigrationState?> ReviveAsync(string migrationId, string owner, CancellationToken cancellationToken)
    {
        if (!migrationId.StartsWith("queue-", StringComparison.Ordinal) || migrationId.Length > 64)
            return null;
        var found = await store.ListJobsAsync(new JobFilter { Tag = migrationId, Owner = owner }, new PageRequest(1), cancellationToken);
        if (found.Items is not [var listed] || await store.GetJobAsync(listed.Id, cancellationToken) is not { } job)
            return null;
        states.Add(new MigrationState(migrationId, job.Id.ToString(), CommandOf(job), owner));
        return states.Find(migrationId);
    }

    private static string CommandOf(JobRecord job)
    {
        if (job.Name != JobWords.ProcessName)
            return job.Name;
        using var payload = System.Text.Json.JsonDocument.Parse(job.Payload);
        return payload.RootElement.TryGetProperty("command", out var command) ? command.GetString() ?? job.Name : job.Name;
    }

    private static bool HasEnded(string status) => status is JobWords.Completed or JobWords.Failed;
}
