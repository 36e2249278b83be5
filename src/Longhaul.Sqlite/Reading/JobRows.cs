using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Rows of <c>Read.JobColumns</c> as records.</summary>
internal sealed class JobRows(Connection db, StoreClock clock)
{
    private readonly long _now = clock.Now;
    private readonly Coverage _coverage = new(db);

    /// <summary>A job's state as a number, in a query with <see cref="Joins"/>.</summary>
    public static string State => $"({SqlText.Of("Read.State")})";

    public static string Select => $"SELECT {SqlText.Of("Read.JobColumns").Replace("{State}", SqlText.Of("Read.State"), StringComparison.Ordinal)}";

    public static string Joins => SqlText.Of("Read.JobJoins");

    public JobRecord Read(Statement row)
    {
        var state = (JobState)row.Long(15);
        var runs = state == JobState.Running; // the run of a failed job's hook is not the job's
        var job = new JobRecord
        {
            Id = new(row.Long(0)),
            Name = row.Text(1),
            Queue = row.Text(2),
            State = state,
            Priority = (byte)row.Long(4),
            PayloadVersion = row.Int(5),
            Policy = JobPolicy.FromJson(row.Bytes(6)),
            Owner = row.TextOrNull(7),
            Tags = Json.List(row.TextOrNull(8)),
            Description = row.TextOrNull(9),
            UniqueKey = row.TextOrNull(10),
            ContinueFrom = Id(row.LongOrNull(11)),
            EnqueuedBy = Id(row.LongOrNull(12)),
            CreatedAt = StoreClock.Moment(row.Long(13)),
            DueAt = StoreClock.Moment(row.Long(14)),
            StartedAt = StoreClock.Moment(row.LongOrNull(16)),
            UpdatedAt = StoreClock.Moment(row.Long(17)),
            FinishedAt = StoreClock.Moment(row.LongOrNull(18)),
            ExpiresAt = StoreClock.Moment(row.LongOrNull(19)),
            RunNumber = row.Int(20),
            FailedAttempts = row.Int(21),
            LostRuns = row.Int(22),
            Session = runs ? new(row.Long(23)) : null,
            Worker = runs ? row.TextOrNull(24) : null,
            Order = runs ? (RunOrderKind?)row.LongOrNull(25) : null,
            OrderedAt = runs ? StoreClock.Moment(row.LongOrNull(26)) : null,
            Progress = Json.Progress(row.BytesOrNull(27)),
            ProgressAt = StoreClock.Moment(row.LongOrNull(28)),
            CheckpointAt = StoreClock.Moment(row.LongOrNull(29)),
            ItemFailures = row.Int(30),
            Error = row.IsNull(31) ? null : new(row.Text(31), row.Text(32), row.TextOrNull(33)),
            Reason = row.TextOrNull(34),
        };
        return job with
        {
            Derived = Derive(job, row.Long(14), row.LongOrNull(35)),
            WaitsFor = WaitsFor(job, row.Long(14), isPaused: row.Bool(3), isHeld: row.Bool(36)),
        };
    }

    private DerivedState Derive(JobRecord job, long due, long? claimed)
    {
        if (job.State == JobState.Pending)
            return job.FailedAttempts > 0 ? DerivedState.Retrying : due > _now ? DerivedState.Scheduled : DerivedState.None;
        if (job.State != JobState.Running)
            return DerivedState.None;
        var last = Math.Max(claimed ?? 0, job.ProgressAt is { } at ? StoreClock.From(at) : 0);
        return _now - last > StoreClock.From(job.Policy?.StallAfter ?? JobDefaults.StallAfter) ? DerivedState.Stuck : DerivedState.None;
    }

    private string? WaitsFor(JobRecord job, long due, bool isPaused, bool isHeld) => job.State switch
    {
        JobState.Waiting when isHeld => "old run has not ended",
        JobState.Pending when due <= _now => isPaused ? "queue paused" : _coverage.Takes(job.Queue, job.Name) ? null : "no worker for this job",
        _ => null,
    };

    private static JobId? Id(long? value) => value is { } id ? new(id) : null;
}
