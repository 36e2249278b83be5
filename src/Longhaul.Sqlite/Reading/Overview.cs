using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Queues, workers, and jobs without a worker.</summary>
internal sealed class Overview(StoreFile file, StoreClock clock)
{
    private static readonly TimeSpan ShownAfterEnd = TimeSpan.FromHours(1);

    public IReadOnlyList<QueueInfo> Queues() => file.Read(db =>
    {
        var now = clock.Now;
        var later = ReadLater(db, now);
        var oldest = ReadOldest(db);
        var queues = new List<QueueInfo>();
        var rows = db.Get("Read.Queues");
        while (rows.Step())
        {
            var id = rows.Long(0);
            var (scheduled, overdue) = later.GetValueOrDefault(id);
            var due = Math.Min(overdue ?? long.MaxValue, oldest.GetValueOrDefault(id, long.MaxValue));
            queues.Add(new()
            {
                Name = rows.Text(1),
                Paused = rows.Bool(2),
                Waiting = rows.Long(3),
                Due = rows.Long(4) - scheduled,
                Scheduled = scheduled,
                Running = rows.Long(5),
                PausedJobs = rows.Long(6),
                Completed = rows.Long(7),
                Failed = rows.Long(8),
                Cancelled = rows.Long(9),
                OldestDue = due == long.MaxValue ? null : StoreClock.Moment(due),
            });
        }

        return (IReadOnlyList<QueueInfo>)[.. queues
            .Where(static q => q.Paused || q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs + q.Completed + q.Failed + q.Cancelled > 0)
            .OrderBy(static q => QueueRank.Of(q.Name)).ThenBy(static q => q.Name, StringComparer.Ordinal)];
    });

    public IReadOnlyList<WorkerInfo> Workers() => file.Read(db =>
    {
        var workers = new List<WorkerInfo>();
        var row = db.Get("Read.Workers").Set(1, clock.Now - StoreClock.From(ShownAfterEnd));
        while (row.Step())
        {
            var record = new WorkerRecord
            {
                Session = new(row.Long(0)),
                Name = row.Text(2),
                HostName = row.Text(3),
                Host = new(row.TextOrNull(4), row.TextOrNull(5), row.TextOrNull(6)),
                ProcessId = row.Int(7),
                ProcessStart = row.TextOrNull(8),
                Queues = row.IsNull(9) ? null : Json.List(row.Text(9)),
                Names = Json.List(row.Text(10)),
                Concurrency = row.Int(11),
                Version = row.TextOrNull(12),
                Group = row.LongOrNull(13),
                Lease = StoreClock.Span(row.Long(16)),
            };
            var beat = StoreClock.Moment(row.Long(15));
            workers.Add(new(record, (WorkerState)row.Long(1), StoreClock.Moment(row.Long(14)), beat, beat + record.Lease, row.Int(17)));
        }

        return workers;
    });

    public IReadOnlyList<UnhandledName> Unhandled() => file.Read(db =>
    {
        var coverage = new Coverage(db);
        var now = clock.Now;
        var unhandled = new List<UnhandledName>();
        foreach (var lane in new Lanes(db).Loaded().All.Where(lane => !coverage.Takes(lane.Queue, lane.Name)))
        {
            var row = db.Get("Read.DueByLane").Set(1, lane.Id).Set(2, now);
            _ = row.First();
            if (row.Long(0) > 0)
                unhandled.Add(new(lane.Name, lane.Queue, row.Long(0), StoreClock.Moment(row.Long(1))));
            row.Reset();
        }

        return (IReadOnlyList<UnhandledName>)[.. unhandled.OrderBy(static u => u.Queue, StringComparer.Ordinal).ThenBy(static u => u.Name, StringComparer.Ordinal)];
    });

    private static Dictionary<long, (long Scheduled, long? Overdue)> ReadLater(Connection db, long now)
    {
        var later = new Dictionary<long, (long, long?)>();
        var rows = db.Get("Read.LaterByQueue").Set(1, now);
        while (rows.Step())
            later[rows.Long(0)] = (rows.Long(1), rows.LongOrNull(2));
        return later;
    }

    /// <summary>The longest due of each queue: the head of each priority of each lane that holds anything, by one seek each.</summary>
    private static Dictionary<long, long> ReadOldest(Connection db)
    {
        var oldest = new Dictionary<long, long>();
        var lanes = new Lanes(db).Loaded();
        var (nextLane, nextPriority) = (db.Get("Claim.NextLane"), db.Get("Claim.NextPriority"));
        for (var l = nextLane.Set(1, 0).Scalar(); l is { } lane; l = nextLane.Set(1, lane).Scalar())
        {
            var queue = lanes[lane].QueueId;
            for (var p = nextPriority.Set(1, lane).Set(2, -1).Scalar(); p is { } priority; p = nextPriority.Set(1, lane).Set(2, priority).Scalar())
            {
                var due = db.Get("Read.OldestOfLane").Set(1, lane).Set(2, priority).Scalar() ?? long.MaxValue;
                oldest[queue] = Math.Min(due, oldest.GetValueOrDefault(queue, long.MaxValue));
            }
        }

        return oldest;
    }
}
