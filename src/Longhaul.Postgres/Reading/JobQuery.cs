using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The statement that reads one window of a list.</summary>
/// <param name="sql">The store's SQL.</param>
/// <param name="filter">What is looked for.</param>
/// <param name="isPendingInFewRanges">Whether pending jobs, where only those can match, are found by their ranges.</param>
internal sealed class JobQuery(SqlText sql, JobFilter filter, bool isPendingInFewRanges)
{
    private const string State = "coalesce(d.state, CASE WHEN r.id IS NOT NULL THEN 2 END, h.state, 1)";

    /// <summary>Whether all that the driving table gives matches.</summary>
    public bool IsIndexed { get; } = filter is { Queue: null, Name: null, CreatedFrom: null, CreatedBefore: null, Text: null, Derived: null }
        && (filter.Ids.Count > 0 ? 1 : 0) + (filter.Tag is null ? 0 : 1) + (filter.EnqueuedBy is null ? 0 : 1) + (filter.Owner is null ? 0 : 1) + (filter.States.Count > 0 ? 1 : 0) <= 1
        && filter.States.All(static s => s is not (JobState.Pending or JobState.Completed));

    /// <param name="batch">Gets it.</param>
    /// <param name="after">The last id that was looked at.</param>
    /// <param name="until">The window ends before this id.</param>
    /// <param name="rows">The window's size.</param>
    /// <param name="limit">So many matches at most.</param>
    /// <param name="now">A moved clock's time.</param>
    public void AddTo(NpgsqlBatch batch, long? after, long? until, int rows, int limit, long? now)
    {
        var parameters = new Parameters();
        var window = parameters.Add(rows);
        var lanes = LaneFilter.Of(sql, parameters, filter.Queue, filter.Name);
        var (table, id, condition, isTable) = new JobDriver(sql, filter).Of(parameters, after, window, isPendingInFewRanges, lanes is not null);
        var (sign, order, farthest) = filter.OldestFirst ? (">", "", long.MaxValue) : ("<", "DESC", 0);
        var past = after is { } cursor ? $"{id} {sign} {parameters.Add(cursor)}" : "true";
        var before = until is { } edge ? $"AND {parameters.Add(edge)} {sign} {id}" : "";
        var with = lanes is null ? "" : $"lanes AS MATERIALIZED ({lanes}), ";
        var any = lanes is null ? "" : "AND EXISTS (SELECT FROM lanes)"; // else a page of nothing for each window
        var (own, match) = IsIndexed ? ("", "") : Narrow(parameters, id, lanes, now);
        var most = filter.Derived is DerivedState.Stuck or DerivedState.None ? "" : $"LIMIT {parameters.Add(limit)}"; // those are told by the whole record
        var seen = $"FROM {table} WHERE {condition} AND {past} {before} {any}";
        if (!isTable)
        {
            with += $"ids AS MATERIALIZED (SELECT {id} AS id {seen} ORDER BY 1 {order} LIMIT {window}), ";
            (id, seen) = ("i.id", "FROM ids i WHERE true");
        }

        // The end of a window comes from the index alone; then what does not match is left out where it is read. Where all matches, no page needs a second window.
        var last = IsIndexed ? "NULL::bigint" : $"(SELECT {id} {seen} ORDER BY 1 {order} OFFSET {window} - 1 LIMIT 1)";
        var text = $"""
            WITH {with}
            looked AS MATERIALIZED (SELECT {last} AS last),
            found AS MATERIALIZED (SELECT k.id
              FROM (SELECT {id} AS id {seen} AND NOT {id} {sign} (SELECT coalesce(last, {farthest}) FROM looked) {own} ORDER BY 1 {order} {(IsIndexed ? $"LIMIT {window}" : "OFFSET 0")}) k {match}
              ORDER BY k.id {order} {most})
            SELECT x.*, looked.last
            FROM looked LEFT JOIN (found f CROSS JOIN LATERAL (SELECT {sql["Read.JobColumns"]} FROM {Jobs} {sql["Read.JobJoins"]} WHERE j.id = f.id OFFSET 0) x) ON true
            ORDER BY f.id {order}
            """;
        _ = parameters.AddTo(batch, text);
    }

    /// <summary>
    /// How a window is narrowed down. What the jobs' own rows tell is asked where they are read, if the window is of those rows; the rest, and
    /// elsewhere all, of one job after the other.
    /// </summary>
    private (string Own, string Match) Narrow(Parameters parameters, string id, string? lanes, long? now)
    {
        var isOfJobs = id == "j.id";
        var own = OwnConditions(parameters, lanes);
        List<string> asked = [.. isOfJobs ? [] : own, .. Conditions(parameters, now)];
        var match = asked.Count == 0 ? "" : $"CROSS JOIN LATERAL ({Match} WHERE j.id = k.id AND {string.Join(" AND ", asked)} OFFSET 0) x";
        return (isOfJobs ? string.Concat(own.Select(static condition => $"AND {condition} ")) : "", match);
    }

    private string Jobs => sql["Read.Jobs"];

    /// <summary>A job and what the conditions speak of.</summary>
    private string Match => (AsksForState, HasEnded) switch
    {
        (false, _) => sql["Read.Match"],
        (true, true) => $"{sql["Read.Match"]} {sql["Read.MatchEnd"]}",
        _ => $"{sql["Read.Match"]} {sql["Read.MatchEnd"]} {sql["Read.MatchRun"]}",
    };

    private bool AsksForState => filter.States.Count > 0 || filter.Derived is not null;

    private bool HasEnded => filter is { States.Count: > 0, Derived: null } && filter.States.All(static s => s >= JobState.Completed);

    /// <summary>Conditions on a job's own row.</summary>
    private List<string> OwnConditions(Parameters parameters, string? lanes)
    {
        var conditions = new List<string>();
        if (lanes is not null)
            conditions.Add("j.lane = ANY (ARRAY(SELECT id FROM lanes))");
        if (filter.CreatedFrom is { } from)
            conditions.Add($"j.created >= {parameters.Add(Moments.From(from))}");
        if (filter.CreatedBefore is { } before)
            conditions.Add($"j.created < {parameters.Add(Moments.From(before))}");
        return conditions;
    }

    private List<string> Conditions(Parameters parameters, long? now)
    {
        var conditions = new List<string>();
        if (filter.States.Count > 0)
            conditions.Add($"{(HasEnded ? "d.state" : State)} IN ({string.Join(',', filter.States.Select(static s => (int)s))})");
        if (filter.Derived is { } derived)
            conditions.AddRange(DerivedConditions(derived, parameters, now));
        if (filter.EnqueuedBy is { } parent)
            conditions.Add($"e.enqueued_by = {parameters.Add(parent.Value)}");
        if (filter.Owner is { } owner)
            conditions.Add($"e.owner = {parameters.Add(owner)}");
        if (filter.Tag is { } tag)
            conditions.Add($"{parameters.Add(tag)} = ANY (e.tags)");
        if (filter.Text is { } text)
        {
            var part = parameters.Add(text);
            conditions.Add($"(strpos(j.payload, {part}) > 0 OR strpos(e.description, {part}) > 0 OR strpos(s.error_message, {part}) > 0 OR strpos(s.error_type, {part}) > 0 OR strpos(s.error_detail, {part}) > 0)");
        }

        return conditions;
    }

    private static IEnumerable<string> DerivedConditions(DerivedState derived, Parameters parameters, long? now) => derived switch
    {
        DerivedState.Stuck => [$"{State} = 2"],
        DerivedState.Retrying => [$"{State} = 1", "s.failed_attempts > 0"],
        DerivedState.Scheduled =>
        [
            $"{State} = 1", "coalesce(s.failed_attempts, 0) = 0",
            $"coalesce(s.due, j.created + j.delay) > {(now is { } given ? parameters.Add(given) : "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint")}",
        ],
        _ => [],
    };
}
