using System.Collections.Frozen;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The lanes as this process knows them. They are only ever added, and by calls of their own: a caller's rollback takes none back.</summary>
internal sealed class Lanes(Database database) : IDisposable
{
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile LaneSet _known = new([]);

    public LaneSet Known => _known;

    /// <summary>The lanes, among them those of all these jobs; made when they are not there.</summary>
    public ValueTask<LaneSet> ForAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        var known = _known;
        for (var i = 0; i < jobs.Count; i++)
        {
            if (!known.Has(jobs[i].Queue, jobs[i].Name))
                return new(MakeAsync(jobs, cancellationToken));
        }

        return new(known);
    }

    /// <summary>The lanes with what others have added.</summary>
    public async Task<LaneSet> LoadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _known = new(await database.ReadAsync(ReadAsync, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    /// <summary>The same, by a connection that the caller has already.</summary>
    public async Task<LaneSet> LoadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        => _known = new(await ReadAsync(connection, cancellationToken).ConfigureAwait(false));

    private async Task<LaneSet> MakeAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        var missing = jobs.Select(static job => (job.Queue, job.Name)).Distinct().Where(lane => !_known.Has(lane.Queue, lane.Name)).Order().ToList();
        await database.RunAsync(
            async (connection, cancel) =>
            {
                foreach (var (queue, name) in missing)
                {
                    using var make = connection.Command(database.Sql["Hot.MakeLane"]).With(queue).With(name);
                    _ = await make.ExecuteScalarAsync(cancel).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return await LoadAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<Lane>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var lanes = new List<Lane>();
        using var command = connection.Command(database.Sql["Hot.Lanes"]);
        using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            lanes.Add(new(rows.GetInt32(0), rows.GetInt32(1), rows.GetString(2), rows.GetString(3)));
        return lanes;
    }
}

/// <summary>All lanes at one moment.</summary>
internal sealed class LaneSet
{
    private readonly FrozenDictionary<(string Queue, string Name), Lane> _byName;
    private readonly FrozenDictionary<int, Lane> _byId;
    private Lane? _latest;

    public LaneSet(IReadOnlyList<Lane> all)
    {
        All = all;
        _byName = all.ToFrozenDictionary(static lane => (lane.Queue, lane.Name));
        _byId = all.ToFrozenDictionary(static lane => lane.Id);
    }

    public IReadOnlyList<Lane> All { get; }

    /// <summary>Of an id that came with a claim or settlement: a lane that the claim knew.</summary>
    public Lane? this[int id] => _byId.GetValueOrDefault(id);

    public Lane this[string queue, string name]
        => _latest is { } latest && (object)latest.Queue == queue && (object)latest.Name == name ? latest : _latest = _byName[(queue, name)];

    public bool Has(string queue, string name)
        => (_latest is { } latest && (object)latest.Queue == queue && (object)latest.Name == name) || _byName.ContainsKey((queue, name));
}
