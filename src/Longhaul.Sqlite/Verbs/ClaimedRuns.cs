using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>A claimed job's row in <c>lh_run</c>, as far as the worker is told.</summary>
internal readonly record struct RunRow(
    long Id, long Token, JobFlags Flags, Lane Lane, long Priority, long Due, long Claimed, long Fence, int RunNumber, bool Begun);

/// <summary>Puts together what a worker is given with its runs. Reads jobs with consecutive ids in one go.</summary>
internal sealed class ClaimedRuns(Connection db)
{
    private readonly Statement _jobs = db.Get("Claim.Jobs");

    public void Open(long first, long jobs) => _jobs.Set(1, first).Set(2, first + jobs - 1);

    public void Close() => _jobs.Reset();

    /// <summary>One run alone.</summary>
    public ClaimedRun Of(in RunRow run)
    {
        Open(run.Id, 1);
        var claimed = Next(run);
        Close();
        return claimed;
    }

    /// <summary>The run of the next job of those that were opened.</summary>
    public ClaimedRun Next(in RunRow run)
    {
        if (!_jobs.Step() || _jobs.Long(0) != run.Id)
            throw new InvalidDataException($"Job {run.Id} must be in the file, for its queue holds it, but is not; run 'longhaul doctor'.");
        var claimed = new ClaimedRun
        {
            Key = new(new(run.Id), run.Token),
            Kind = run.Flags.HasFlag(JobFlags.Hook) ? RunKind.FailedHook : run.Flags.HasFlag(JobFlags.Items) ? RunKind.FailedItems : RunKind.Job,
            Name = run.Lane.Name,
            Queue = run.Lane.Queue,
            Priority = (byte)run.Priority,
            PayloadVersion = _jobs.Int(1),
            CreatedAt = StoreClock.Moment(_jobs.Long(2)),
            Payload = _jobs.Bytes(3).ToArray(),
            RunNumber = run.RunNumber,
            FenceToken = run.Fence,
            Prefetched = !run.Begun,
            DueAt = StoreClock.Moment(run.Due),
            ClaimedAt = StoreClock.Moment(run.Claimed),
        };
        if (run.Flags.HasFlag(JobFlags.Detail))
            claimed = WithDetail(claimed);
        return run.Flags.HasFlag(JobFlags.State) ? WithState(claimed) : claimed;
    }

    private ClaimedRun WithDetail(ClaimedRun run)
    {
        var row = db.Get("Claim.Detail").Set(1, run.Key.Job.Value);
        _ = row.First();
        run = run with { Policy = JobPolicy.FromJson(row.Bytes(0)), Owner = row.TextOrNull(1), TraceParent = row.TextOrNull(2) };
        row.Reset();
        return run;
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
