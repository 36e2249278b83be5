using Longhaul;
using Longhaul.Storage;

namespace StorageMigration.Migration;

/// <summary>Reads how far migrations are: from their jobs, and from their own table once the queue has forgotten those.</summary>
internal sealed class StandingReader(MigrationStates states, IJobClient jobs, IJobStore store)
{
    private const int Newest = 20;
    private const string ProcessJob = "process.run";

    public async Task<MigrationStanding> ReadAsync(string migrationId, CancellationToken cancellationToken)
        => await ReadAsync(states.Find(migrationId) ?? throw new KeyNotFoundException($"There is no migration {migrationId}."), cancellationToken);

    /// <summary>The migrations that have not ended; where none has, the newest that have.</summary>
    public async Task<IReadOnlyList<MigrationStanding>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var all = new List<MigrationStanding>();
        foreach (var state in states.Recent(Newest).OrderByDescending(static state => state.CreatedAt))
            all.Add(await ReadAsync(state, cancellationToken));
        return all.Exists(static standing => !standing.HasEnded) ? all.FindAll(static standing => !standing.HasEnded) : all;
    }

    private async Task<MigrationStanding> ReadAsync(MigrationState state, CancellationToken cancellationToken)
    {
        var kept = new MigrationStanding(state.MigrationId, state.Command, state.Status)
        {
            Phase = state.Phase,
            Done = state.Processed,
            Total = state.Total,
            Fraction = state.Progress,
            Note = state.Error,
        };
        if (!JobId.TryParse(state.JobId, null, out var id) || await jobs.GetAsync(id, cancellationToken) is not { } job || (job.Name != state.Command && job.Name != ProcessJob))
            return kept;

        var progress = job.Progress;
        var live = kept with
        {
            Status = Word(job.State),
            Phase = progress?.Phase ?? kept.Phase,
            Done = progress?.Done ?? kept.Done,
            Total = progress?.Total ?? kept.Total,
            Fraction = job.State == JobState.Completed ? 1 : progress?.Fraction ?? kept.Fraction,
            Note = job.Error?.Message ?? kept.Note ?? progress?.Note,
        };
        return job.State switch
        {
            JobState.Running => live with { Rate = progress?.Rate, TimeLeft = progress?.TimeLeft },
            JobState.Cancelled => live with { Note = $"cancelled{(job.Reason is null ? "" : $": {job.Reason}")}" },
            JobState.Paused => live with { Note = $"paused{(job.Reason is null ? "" : $": {job.Reason}")}" },
            JobState.Pending => live with { Note = (await store.GetJobAsync(id, cancellationToken))?.WaitsFor ?? live.Note },
            _ => live,
        };
    }

    private static string Word(JobState state) => state switch
    {
        JobState.Running => "running",
        JobState.Completed => "completed",
        JobState.Failed or JobState.Cancelled => "failed",
        _ => "pending",
    };
}
