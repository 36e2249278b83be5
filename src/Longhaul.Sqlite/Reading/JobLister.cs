using System.Globalization;
using System.Text;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Lists jobs by filter, window by window of ids, so that a filter that matches little neither scans the whole file at once nor holds a snapshot for long.</summary>
internal sealed class JobLister(StoreFile file, StoreClock clock)
{
    private const int Window = 2_500;
    private const int MostRows = 50_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    public Page<JobRecord> List(JobFilter filter, PageRequest page)
    {
        var after = Paging.After(page);
        var started = StoreClock.Monotonic;
        var found = new List<JobRecord>();
        for (var looked = Window; ; looked += Window)
        {
            var (from, asked) = (after, StoreClock.Monotonic);
            var last = file.Read(db => new Query(db, clock, filter, from).Run(page.Limit + 1 - found.Count, found));
            if (found.Count > page.Limit)
            {
                found.RemoveAt(page.Limit);
                return new(found, Paging.Cursor(found[^1].Id.Value));
            }

            if (last is null)
                return new(found, null);
            after = last;
            var next = looked == Window ? TimeSpan.Zero : StoreClock.Since(asked); // as long as the last, the next may end too late
            if (looked >= MostRows || StoreClock.Since(started) + next > Patience)
                return new(found, Paging.Cursor(last.Value)) { SearchedTo = new(last.Value) };
        }
    }

    private sealed class Query
    {
        private const string Nothing = "0";

        private readonly Connection _db;
        private readonly StoreClock _clock;
        private readonly JobFilter _filter;
        private readonly List<object> _parameters = [];
        private readonly string _window;

        public Query(Connection db, StoreClock clock, JobFilter filter, long? after)
        {
            (_db, _clock, _filter) = (db, clock, filter);
            var (table, id, condition) = Driver(after);
            var (sign, order) = filter.OldestFirst ? (">", "ASC") : ("<", "DESC");
            var past = after is { } cursor ? $"{id} {sign} {cursor}" : "1";
            _window = string.Create(CultureInfo.InvariantCulture, $"SELECT {id} AS id FROM {table} WHERE {past} AND {condition} ORDER BY {id} {order} LIMIT {Window}");
        }

        /// <summary>Adds what matches. The last id of a full window; null: nothing lies beyond.</summary>
        public long? Run(int limit, List<JobRecord> found)
        {
            var conditions = Conditions();
            if (conditions.Contains(Nothing))
                return null;
            var order = _filter.OldestFirst ? "" : "DESC";
            var sql = new StringBuilder(JobRows.Select).Append(" FROM (").Append(_window).Append(") k JOIN lh_job j ON j.id = k.id ").Append(JobRows.Joins);
            if (conditions.Count > 0)
                sql.Append(" WHERE ").AppendJoin(" AND ", conditions);
            sql.Append(" ORDER BY k.id ").Append(order);

            using var rows = Bind(_db.PrepareOnce(sql.ToString()));
            var read = new JobRows(_db, _clock);
            var wanted = found.Count + limit;
            while (found.Count < wanted && rows.Step())
            {
                var job = read.Read(rows);
                if (_filter.Derived is null || job.Derived == _filter.Derived)
                    found.Add(job);
            }

            rows.Reset();
            using var end = Bind(_db.PrepareOnce($"SELECT id FROM ({_window}) LIMIT 1 OFFSET {Window - 1}"), all: false);
            return end.Scalar();
        }

        /// <summary>The smallest set that holds all that can match.</summary>
        private (string Table, string Id, string Condition) Driver(long? after)
        {
            if (_filter.Ids.Count > 0)
                return ("json_each(" + Add("[" + string.Join(',', _filter.Ids.Distinct()) + "]") + ")", "value", "1");
            if (_filter.Tag is { } tag)
                return ("lh_tag", "job", $"tag = {Add(tag)}");
            if (_filter.EnqueuedBy is { } parent)
                return ("lh_detail", "id", $"enqueued_by = {parent}");
            if (_filter.Owner is { } owner)
                return ("lh_detail", "id", $"owner = {Add(owner)}");
            if (_filter.Derived == DerivedState.Stuck)
                return ("lh_run", "id", "1");
            var states = _filter.States;
            if ((_filter.Derived is DerivedState.Scheduled or DerivedState.Retrying || (states.Count > 0 && states.All(static s => s is JobState.Pending)))
                && PendingRanges.Ids(_db, _filter, after, Window) is { } ids)
            {
                return ("json_each(" + Add("[" + string.Join(',', ids) + "]") + ")", "value", "1");
            }

            if (states.Count == 0)
                return ("lh_job", "id", "1");
            if (states.All(static s => s >= JobState.Completed) && states.Contains(JobState.Completed))
                return ("lh_done", "id", "1");
            if (states.Any(static s => s is JobState.Pending or JobState.Completed))
                return ("lh_job", "id", "1");
            return ($"({string.Join(" UNION ALL ", states.Distinct().Select(Few))})", "id", "1");
        }

        /// <summary>A state whose jobs have a table, or an index, of their own.</summary>
        private static string Few(JobState state) => state switch
        {
            // The run of a failed job's hook is not the job's, which is there as failed already.
            JobState.Running => "SELECT r.id FROM lh_run r WHERE NOT EXISTS (SELECT 1 FROM lh_done d WHERE d.id = r.id)",
            JobState.Waiting or JobState.Paused => $"SELECT id FROM lh_held WHERE state = {(int)state}",
            _ => $"SELECT id FROM lh_done WHERE state = {(int)state} AND state <> 4",
        };

        private List<string> Conditions()
        {
            var conditions = new List<string>();
            if (_filter.States.Count > 0)
                conditions.Add($"{JobRows.State} IN ({string.Join(',', _filter.States.Select(static s => (int)s))})");
            if (_filter.Derived is { } derived and not DerivedState.None)
                conditions.Add($"{JobRows.State} = {(int)(derived == DerivedState.Stuck ? JobState.Running : JobState.Pending)}");
            if (_filter.Queue is not null || _filter.Name is not null)
                conditions.Add(LaneFilter.Of(_db, _filter.Queue, _filter.Name) is { Count: > 0 } lanes ? $"j.lane IN ({string.Join(',', lanes)})" : Nothing);
            if (_filter.EnqueuedBy is { } parent)
                conditions.Add($"e.enqueued_by = {parent}");
            if (_filter.Owner is { } owner)
                conditions.Add($"e.owner = {Add(owner)}");
            if (_filter.Tag is { } tag)
                conditions.Add($"EXISTS (SELECT 1 FROM lh_tag t WHERE t.tag = {Add(tag)} AND t.job = j.id)");
            if (_filter.CreatedFrom is { } from)
                conditions.Add($"j.created >= {StoreClock.From(from)}");
            if (_filter.CreatedBefore is { } before)
                conditions.Add($"j.created < {StoreClock.From(before)}");
            if (_filter.Text is { } text)
            {
                var parameter = Add(text);
                conditions.Add($"(instr(j.payload, {parameter}) OR instr(e.description, {parameter}) OR instr(s.error_message, {parameter}) OR instr(s.error_type, {parameter}) OR instr(s.error_detail, {parameter}))");
            }

            return conditions;
        }

        private string Add(object value)
        {
            _parameters.Add(value);
            return $"?{_parameters.Count}";
        }

        private Statement Bind(Statement statement, bool all = true)
        {
            // The driver's own parameter, where it has one, is the first.
            var count = all ? _parameters.Count : _window.Contains("?1", StringComparison.Ordinal) ? 1 : 0;
            for (var i = 0; i < count; i++)
                statement.Set(i + 1, (string)_parameters[i]);
            return statement;
        }
    }
}
