using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Where a list's ids come from: the smallest set that holds all that can match.</summary>
internal sealed class JobDriver(SqlText sql, JobFilter filter)
{
    /// <summary>Whether only pending jobs can match.</summary>
    public static bool IsPending(JobFilter filter) => filter is { Ids.Count: 0, Tag: null, EnqueuedBy: null, Owner: null }
        && (filter.Derived is DerivedState.Scheduled or DerivedState.Retrying || (filter.States.Count > 0 && filter.States.All(static s => s is JobState.Pending)));

    /// <summary>Whether all jobs are looked at, though those of some stretches of pending jobs cannot match.</summary>
    public static bool HasStretches(JobFilter filter) => filter is { Ids.Count: 0, Tag: null, EnqueuedBy: null, Owner: null, Derived: not DerivedState.Stuck } && !IsPending(filter)
        && (filter.States.Count == 0 || filter.States.Any(static s => s is JobState.Pending or JobState.Completed))
        && (filter.Queue is not null || filter.Name is not null || (filter.States.Count > 0 && !filter.States.Contains(JobState.Pending)));

    /// <param name="parameters">Those of the statement.</param>
    /// <param name="after">The last id that was looked at.</param>
    /// <param name="window">The parameter that holds how many ids are looked at.</param>
    /// <param name="isPendingInFewRanges">Whether pending jobs are found by their ranges.</param>
    /// <param name="hasLanes">Whether the statement names the lanes that can match, as lanes.</param>
    /// <returns>IsTable: ids are read in their order, by an index; else the set is made whole first.</returns>
    public (string Table, string Id, string Condition, bool IsTable) Of(Parameters parameters, long? after, string window, bool isPendingInFewRanges, bool hasLanes)
    {
        if (filter.Ids.Count > 0)
            return ($"(SELECT j.id FROM {Jobs} WHERE j.id = ANY ({parameters.Add([.. filter.Ids.Select(static id => id.Value).Distinct()])})) i", "i.id", "true", false);
        if (filter.Tag is { } tag)
            return (sql["Read.Tags"], "t.job", $"t.tag = {parameters.Add(tag)}", true);
        if (filter.EnqueuedBy is { } parent)
            return (sql["Read.Details"], "e.id", $"e.enqueued_by = {parameters.Add(parent.Value)}", true);
        if (filter.Owner is { } owner)
            return (sql["Read.Details"], "e.id", $"e.owner = {parameters.Add(owner)}", true);
        if (filter.Derived == DerivedState.Stuck)
            return (sql["Read.Runs"], "r.id", "true", false);
        if (isPendingInFewRanges)
            return ($"({Pending(parameters, after, window, hasLanes)}) u", "u.id", "true", false);
        if (filter.States.Count == 0)
            return (Jobs, "j.id", "true", true);
        if (filter.States.Any(static s => s is JobState.Pending or JobState.Completed))
            return (Jobs, "j.id", filter.States.All(static s => s >= JobState.Completed) ? Done : "true", true);
        return ($"({string.Join(" UNION ALL ", filter.States.Distinct().Select(Few))}) u", "u.id", "true", false);
    }

    private string Jobs => sql["Read.Jobs"];

    /// <summary>Completed jobs, the many, are in no table by id: all jobs are looked at, but for those before the first and after the last that has ended.</summary>
    private string Done => filter.OldestFirst ? $"j.id >= ({sql["Read.FirstDone"]})" : $"j.id <= ({sql["Read.LastDone"]})";

    /// <summary>A state whose jobs have a table, or an index, of their own.</summary>
    private string Few(JobState state) => state switch
    {
        // The run of a failed job's hook is not the job's, which is there as failed already.
        JobState.Running => $"SELECT r.id FROM {sql["Read.Runs"]} WHERE NOT EXISTS (SELECT FROM {sql["Read.Done"]} WHERE d.id = r.id)",
        JobState.Waiting or JobState.Paused => $"SELECT h.id FROM {sql["Read.Held"]} WHERE h.state = {(int)state}",
        _ => $"SELECT d.id FROM {sql["Read.Done"]} WHERE d.state = {(int)state} AND d.state <> 4",
    };

    /// <summary>The ids of the first ranges past the cursor that make a window: ranges never overlap.</summary>
    private string Pending(Parameters parameters, long? after, string window, bool hasLanes)
    {
        var order = filter.OldestFirst ? "" : "DESC";
        var known = filter.Derived == DerivedState.Retrying ? "(g.flags & 1) <> 0" : "true";
        var of = hasLanes ? "AND g.lane IN (SELECT id FROM lanes)" : "";
        var (first, jobs, past) = ("g.id", "g.jobs", "true");
        if (after is { } last)
        {
            var cursor = parameters.Add(last);
            (first, jobs, past) = filter.OldestFirst
                ? ($"greatest(g.id, {cursor} + 1)", $"g.id + g.jobs - greatest(g.id, {cursor} + 1)", $"g.id + g.jobs - 1 > {cursor}")
                : ("g.id", $"least(g.jobs, {cursor} - g.id)", $"g.id < {cursor}");
        }

        return $"""
            SELECT p.first + o AS id
            FROM (SELECT c.first, c.jobs, sum(c.jobs) OVER (ORDER BY c.first {order}) - c.jobs AS before
                  FROM (SELECT {first} AS first, {jobs} AS jobs FROM ({sql["Read.PendingRanges"]}) g WHERE {known} AND {past} {of}) c) p
            CROSS JOIN LATERAL generate_series(0, p.jobs - 1) o
            WHERE p.before < {window}
            """;
    }
}
