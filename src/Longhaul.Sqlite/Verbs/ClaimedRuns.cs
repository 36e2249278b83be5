using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>A claimed job's row in <c>lh_run</c>, as far as the worker is told.</summary>
internal readonly record struct RunRow(
    long Id, long Token, JobFlags Flags, Lane Lane, long Priority, long Due, long Claimed, long Fence, int RunNumber, bool Begun);

/// <summary>Puts together what a worker is given with a run.</summary>
internal sealed class ClaimedRuns(Connection db)
{
    private readonly Statement _job = db.Get("Claim.Job");

    public ClaimedRun Of(in RunRow run)
    {
        var job = _job.Set(1, run.Id);
        _ = job.First();
        var claimed = new ClaimedRun
        {
            Key = new(new(run.Id), run.Token),
            Kind = run.Flags.HasFlag(JobFlags.Hook) ? RunKind.FailedHook : run.Flags.HasFlag(JobFlags.Items) ? RunKind.FailedItems : RunKind.Job,
            Name = run.Lane.Name,
            Queue = run.Lane.Queue,
            Priority = (byte)run.Priority,
            PayloadVersion = job.Int(0),
            CreatedAt = StoreClock.Moment(job.Long(1)),
            Policy = JobPolicy.FromJson(job.Bytes(2)),
            Owner = job.TextOrNull(3),
            TraceParent = job.TextOrNull(4),
            Payload = job.Bytes(5).ToArray(),
            RunNumber = run.RunNumber,
            FenceToken = run.Fence,
            Prefetched = !run.Begun,
            DueAt = StoreClock.Moment(run.Due),
            ClaimedAt = StoreClock.Moment(run.Claimed),
        };
        job.Reset();
        return run.Flags.HasFlag(JobFlags.State) ? WithState(claimed) : claimed;
    }

    private ClaimedRun WithState(ClaimedRun run)
    {
        var row = db.Get("Claim.State").Set(1, run.Key.Job.Value);
        _ = row.First();
        var isHook = run.Kind == RunKind.FailedHook;
        run = run with
        {
            FailedAttempts = row.Int(isHook ? 2 : 0),
            LostRuns = row.Int(1),
            ItemFailures = row.Int(3),
            Error = isHook && !row.IsNull(4) ? new(row.Text(4), row.Text(5), row.TextOrNull(6)) : null,
            Progress = Json.Progress(row.BytesOrNull(7)),
        };
        if (row.BytesOrNull(8) is { } checkpoint)
            run = run with { Checkpoint = checkpoint };
        row.Reset();
        return run;
    }
}
