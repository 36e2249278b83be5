using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Reads single jobs, and what hangs on them.</summary>
internal sealed class JobReader(StoreFile file, StoreClock clock)
{
    private static readonly string ById = $"{JobRows.Select} FROM lh_job j {JobRows.Joins} WHERE j.id = ?1";

    public JobRecord? Get(long id) => file.Read(db =>
    {
        var row = db.Cached(ById).Set(1, id);
        if (!row.First())
            return null;
        var job = new JobRows(db, clock).Read(row);
        row.Reset();

        var bodies = db.Get("Read.JobBodies").Set(1, id);
        _ = bodies.First();
        job = job with { Payload = bodies.Bytes(0).ToArray(), Result = Optional(bodies.BytesOrNull(1)) };
        bodies.Reset();
        return job;
    });

    public IReadOnlyList<ClaimedRun> FindClaim(long session, long claim) => file.Read(db =>
    {
        var found = new List<RunRow>();
        var lanes = new Lanes(db).Loaded();
        var rows = db.Get("Claim.Find").Set(1, session).Set(2, claim);
        while (rows.Step())
        {
            found.Add(new(rows.Long(0), rows.Long(1), (JobFlags)rows.Long(2), lanes[rows.Long(3)], rows.Long(4), rows.Long(5), rows.Long(6), rows.Long(7),
                rows.Int(8), rows.Bool(9)));
        }

        var runs = new ClaimedRuns(db);
        return found.ConvertAll(row => runs.Of(row));
    });

    public IReadOnlyList<SessionRun> RunsOf(long session) => file.Read(db => db.List("Read.RunsOf", session, static row =>
        new SessionRun(new(new(row.Long(0)), row.Long(1)), row.Long(2), (RunOrderKind?)row.LongOrNull(3))));

    public Page<FailureRecord> Failures(FailureFilter filter, PageRequest page)
    {
        var after = Paging.After(page) ?? long.MaxValue;
        return file.Read(db =>
        {
            var lanes = new Lanes(db).Loaded();
            var (found, looked, last) = (new List<FailureRecord>(), 0, 0L);
            var rows = db.Get("Read.Failures").Set(1, after).Set(2, page.Limit).Set(3, filter.Owner is null ? 0 : 1);
            for (; rows.Step(); looked++)
            {
                last = rows.Long(0);
                var lane = lanes[rows.Long(2)];
                if (!rows.IsNull(4) && filter.Matches(lane.Queue, lane.Name, rows.TextOrNull(3)))
                    found.Add(new(new(last), lane.Name, rows.Text(4), rows.Text(5), StoreClock.Moment(rows.Long(1))));
            }

            return new Page<FailureRecord>(found, looked < page.Limit ? null : Paging.Cursor(last));
        });
    }

    public IReadOnlyList<HistoryRecord> History(long job) => file.Read(db => db.List("Read.History", job, static row => new HistoryRecord
    {
        At = StoreClock.Moment(row.Long(0)),
        Kind = (HistoryKind)row.Long(1),
        RunNumber = (int?)row.LongOrNull(2),
        Worker = row.TextOrNull(3),
        Duration = row.LongOrNull(4) is { } duration ? StoreClock.Span(duration) : null,
        Error = row.IsNull(5) ? null : new(row.Text(5), row.Text(6), row.TextOrNull(7)),
        By = row.TextOrNull(8),
        Reason = row.TextOrNull(9),
    }));

    public IReadOnlyList<CheckpointInfo> Checkpoints(long job) => file.Read(db => db.List("Read.Checkpoints", job, static row =>
        new CheckpointInfo(row.Long(0), row.Int(1), row.TextOrNull(2), StoreClock.Moment(row.Long(3)), row.Int(4))));

    public ReadOnlyMemory<byte>? Checkpoint(long job, long? id) => file.Read<ReadOnlyMemory<byte>?>(db =>
    {
        var row = id is { } kept ? db.Get("Read.Checkpoint").Set(1, job).Set(2, kept) : db.Get("Read.CurrentCheckpoint").Set(1, job);
        if (!row.First())
            return null;
        var body = row.BytesOrNull(0);
        row.Reset();
        return Optional(body);
    });

    private static ReadOnlyMemory<byte>? Optional(byte[]? bytes)
    {
        if (bytes is null)
            return null; // in one expression with the next line, null would become an empty memory
        return bytes;
    }
}
