using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>
/// Where a worker's last claim ended, for the next to begin there. Only while rows that others' open transactions keep from being cleaned up
/// make the look from the front long, only in lanes with a backlog, and only for a second: what comes back with an older due time is found from the front.
/// </summary>
internal sealed class ClaimEnds
{
    private static readonly TimeSpan FromFront = TimeSpan.FromSeconds(1);

    /// <summary>Jobs that are due for less long are claimed in the order of their writes' commits anyway: there is no place to go on from.</summary>
    private const long Backlog = 2_000_000;

    /// <summary>A range is found by its first job, the last that was claimed may be any of it.</summary>
    private const long LongestRange = 1_023;

    private readonly List<int> _lanes = [];
    private readonly List<short> _priorities = [];
    private readonly List<long> _dues = [];
    private readonly List<long> _ids = [];
    private readonly long _fullAt;
    private readonly long _laterFrom;

    private ClaimEnds(long fullAt, long laterFrom) => (_fullAt, _laterFrom) = (fullAt, laterFrom);

    /// <summary>Nothing is known: from the front.</summary>
    public static ClaimEnds None { get; } = new(0, 0);

    /// <summary>Adds them, where they are of use. Whether they are.</summary>
    public bool AddTo(NpgsqlParameterCollection parameters)
    {
        var useful = _lanes.Count > 0 && TimeProvider.System.GetElapsedTime(_fullAt) < FromFront;
        parameters.AddColumn(NpgsqlDbType.Integer, useful ? _lanes : null);
        parameters.AddColumn(NpgsqlDbType.Smallint, useful ? _priorities : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, useful ? _dues : null);
        parameters.AddColumn(NpgsqlDbType.Bigint, useful ? _ids : null);
        parameters.AddOne(NpgsqlDbType.Bigint, useful ? _laterFrom : 0L);
        return useful;
    }

    /// <summary>After a claim.</summary>
    /// <param name="used">Whether it began here.</param>
    /// <param name="slow">Whether its look was long.</param>
    /// <param name="runs">What it brought, in order.</param>
    /// <param name="lanes">Their lanes.</param>
    public ClaimEnds Next(bool used, bool slow, List<ClaimedRun> runs, LaneSet lanes)
    {
        if ((!used && !slow) || runs.Count == 0)
            return None;
        var claimed = Moments.From(runs[0].ClaimedAt);
        var next = used ? new ClaimEnds(_fullAt, _laterFrom) : new ClaimEnds(TimeProvider.System.GetTimestamp(), claimed - Backlog);
        for (var i = runs.Count - 1; i >= 0; i--)
            next.Add(runs[i], claimed, lanes);
        if (used)
        {
            for (var i = 0; i < _lanes.Count; i++)
                next.Add(_lanes[i], _priorities[i], _dues[i], _ids[i]);
        }

        return next;
    }

    private void Add(ClaimedRun run, long claimed, LaneSet lanes)
    {
        var due = Moments.From(run.DueAt);
        if (claimed - due >= Backlog)
            Add(lanes[run.Queue, run.Name].Id, run.Priority, due, run.Key.Job.Value - LongestRange);
    }

    private void Add(int lane, short priority, long due, long id)
    {
        if (_lanes.Contains(lane))
            return; // a later end is known
        _lanes.Add(lane);
        _priorities.Add(priority);
        _dues.Add(due);
        _ids.Add(id);
    }
}
