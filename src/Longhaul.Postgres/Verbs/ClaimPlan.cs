using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>The lanes that a worker may claim from, in columns: lane, place of its queue in the worker's order, queue. Kept from claim to claim.</summary>
internal sealed class ClaimPlan
{
    private readonly ClaimRequest _request;
    private readonly LaneSet _lanes;

    public ClaimPlan(ClaimRequest request, LaneSet lanes)
    {
        (_request, _lanes) = (request, lanes);
        var names = request.Names.ToHashSet();
        var byQueue = lanes.All.Where(lane => names.Contains(lane.Name)).ToLookup(static lane => lane.Queue);
        var queues = request.Queues ?? [.. byQueue.Select(static g => g.Key).OrderBy(QueueRank.Of).ThenBy(static q => q, StringComparer.Ordinal)];
        var taken = queues.Distinct().SelectMany((queue, place) => byQueue[queue].Select(lane => (lane, place))).ToList();
        Lanes = [.. taken.Select(static t => t.lane.Id)];
        Places = [.. taken.Select(static t => t.place)];
        Queues = [.. taken.Select(static t => t.lane.QueueId)];
        LaneCount = lanes.All.Count;
    }

    public int[] Lanes { get; }

    public int[] Places { get; }

    public int[] Queues { get; }

    /// <summary>Of all lanes that were known: the store answers when it has others.</summary>
    public int LaneCount { get; }

    /// <summary>A guess of how many rows of a lane the next claim takes: as many as the last.</summary>
    public int Look { get; set; } = 4;

    /// <summary>Where the last claim ended.</summary>
    public ClaimEnds Ends { get; set; } = ClaimEnds.None;

    public bool Fits(ClaimRequest request, LaneSet lanes)
        => ReferenceEquals(lanes, _lanes) && ReferenceEquals(request.Names, _request.Names)
            && (ReferenceEquals(request.Queues, _request.Queues) || (request.Queues is { } q && _request.Queues is { } own && q.SequenceEqual(own)));
}
