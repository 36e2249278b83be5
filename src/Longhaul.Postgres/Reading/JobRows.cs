using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Rows of <c>Read.JobColumns</c> as records.</summary>
internal sealed class JobRows(Coverage coverage)
{
    /// <summary>How many columns it reads.</summary>
    public const int Columns = 37;

    public JobRecord Read(NpgsqlDataReader row)
    {
        var state = (JobState)row.GetInt32(15);
        var runs = state == JobState.Running; // the run of a failed job's hook is not the job's
        var job = new JobRecord
        {
            Id = new(row.GetInt64(0)),
            Name = row.GetString(1),
            Queue = row.GetString(2),
            State = state,
            Priority = (byte)row.GetInt16(4),
            PayloadVersion = row.GetInt32(5),
            Policy = JobPolicy.FromJson(row.BytesOrNull(6)),
            Owner = row.TextOrNull(7),
            Tags = row.TextsOrNull(8) ?? [],
            Description = row.TextOrNull(9),
            UniqueKey = row.TextOrNull(10),
            ContinueFrom = Id(row.LongOrNull(11)),
            EnqueuedBy = Id(row.LongOrNull(12)),
            CreatedAt = Moments.Moment(row.GetInt64(13)),
            DueAt = Moments.Moment(row.GetInt64(14)),
            StartedAt = Moments.Moment(row.LongOrNull(16)),
            UpdatedAt = Moments.Moment(row.GetInt64(17)),
            FinishedAt = Moments.Moment(row.LongOrNull(18)),
            ExpiresAt = Moments.Moment(row.LongOrNull(19)),
            RunNumber = row.GetInt32(20),
            FailedAttempts = row.GetInt32(21),
            LostRuns = row.GetInt32(22),
            Session = runs ? new(row.GetInt64(23)) : null,
            Worker = runs ? row.TextOrNull(24) : null,
            Order = runs && !row.IsDBNull(25) ? (RunOrderKind)row.GetInt16(25) : null,
            OrderedAt = runs ? Moments.Moment(row.LongOrNull(26)) : null,
            Progress = Json.Progress(row.BytesOrNull(27)),
            ProgressAt = Moments.Moment(row.LongOrNull(28)),
            CheckpointAt = Moments.Moment(row.LongOrNull(29)),
            ItemFailures = row.GetInt32(30),
            Error = row.IsDBNull(31) ? null : new(row.GetString(31), row.GetString(32), row.TextOrNull(33)),
            Reason = row.TextOrNull(34),
        };
        return job with
        {
            Derived = Derive(job, row.GetInt64(14), row.LongOrNull(35)),
            WaitsFor = WaitsFor(job, row.GetInt64(14), isPaused: row.GetBoolean(3), isHeld: row.GetBoolean(36)),
        };
    }

    private DerivedState Derive(JobRecord job, long due, long? claimed)
    {
        if (job.State == JobState.Pending)
            return job.FailedAttempts > 0 ? DerivedState.Retrying : due > coverage.Now ? DerivedState.Scheduled : DerivedState.None;
        if (job.State != JobState.Running)
            return DerivedState.None;
        var last = Math.Max(claimed ?? 0, job.ProgressAt is { } at ? Moments.From(at) : 0);
        return coverage.Now - last > Moments.From(job.Policy?.StallAfter ?? JobDefaults.StallAfter) ? DerivedState.Stuck : DerivedState.None;
    }

    private string? WaitsFor(JobRecord job, long due, bool isPaused, bool isHeld) => job.State switch
    {
        JobState.Waiting when isHeld => "old run has not ended",
        JobState.Pending when due <= coverage.Now => isPaused ? "queue paused" : coverage.Takes(job.Queue, job.Name) ? null : "no worker for this job",
        _ => null,
    };

    private static JobId? Id(long? value) => value is { } id ? new(id) : null;
}
