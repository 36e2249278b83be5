using System.Collections.Frozen;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The lanes that a worker may claim from, queue by queue in its order. Kept from claim to claim, for names and queues stay the same.</summary>
internal sealed class ClaimPlan
{
    private readonly ClaimRequest _request;
    private readonly int _version;
    private readonly FrozenSet<long> _all;

    public ClaimPlan(ClaimRequest request, Lanes lanes)
    {
        (_request, _version) = (request, lanes.Version);
        var names = request.Names.ToFrozenSet();
        var byQueue = lanes.All.Where(lane => names.Contains(lane.Name)).ToLookup(static lane => lane.Queue);
        var queues = request.Queues ?? [.. byQueue.Select(static g => g.Key).OrderBy(QueueRank.Of).ThenBy(static q => q, StringComparer.Ordinal)];
        Queues = [.. queues.Distinct().Select(queue => byQueue[queue].ToArray()).Where(static group => group.Length > 0)];
        _all = Queues.SelectMany(static group => group).Select(static lane => lane.Id).ToFrozenSet();
    }

    public IReadOnlyList<Lane[]> Queues { get; }

    public int Count => _all.Count;

    public bool Has(long lane) => _all.Contains(lane);

    public bool Fits(ClaimRequest request, Lanes lanes)
        => _version == lanes.Version && ReferenceEquals(request.Names, _request.Names)
            && (ReferenceEquals(request.Queues, _request.Queues) || (request.Queues is { } q && _request.Queues is { } own && q.SequenceEqual(own)));
}
