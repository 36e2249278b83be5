using System.Diagnostics.CodeAnalysis;

namespace Longhaul.Sqlite;

/// <summary>The lanes as one connection knows them: a copy that is completed from the file when another process has added some.</summary>
internal sealed class Lanes(Connection db)
{
    private readonly List<Lane> _all = [];
    private readonly Dictionary<(string Queue, string Name), Lane> _byName = [];
    private readonly Dictionary<long, Lane> _byId = [];
    private Lane? _latest;

    /// <summary>Changes when a lane is added; also when the copy was dropped.</summary>
    public int Version { get; private set; }

    public IReadOnlyList<Lane> All => _all;

    public Lane this[long id] => _byId.TryGetValue(id, out var lane) ? lane : Loaded()._byId[id];

    /// <summary>The lane of a queue and a job name; made when it is not there.</summary>
    public Lane Of(string queue, string name)
    {
        // Jobs come in runs of the same kind: most calls end here.
        if (_latest is { } latest && (object)latest.Queue == queue && (object)latest.Name == name)
            return latest;
        if (!_byName.TryGetValue((queue, name), out var lane) && !Loaded()._byName.TryGetValue((queue, name), out lane))
            lane = Make(queue, name);
        return _latest = lane;
    }

    public bool TryGet(string queue, string name, [NotNullWhen(true)] out Lane? lane) => _byName.TryGetValue((queue, name), out lane);

    /// <summary>Takes over what other connections have added.</summary>
    public Lanes Loaded()
    {
        var known = _all.Count == 0 ? 0 : _all[^1].Id;
        if ((db.Get("Lane.Last").Scalar() ?? 0) == known)
            return this;

        var rows = db.Get("Lane.After").Set(1, known);
        while (rows.Step())
            Keep(new(rows.Long(0), rows.Long(1), rows.Text(2), rows.Long(3), rows.Text(4)));
        return this;
    }

    /// <summary>Forgets all: after a rollback the copy may hold lanes that were never committed.</summary>
    public void Forget()
    {
        _all.Clear();
        _byName.Clear();
        _byId.Clear();
        _latest = null;
        Version++;
    }

    public long QueueId(string name)
    {
        db.Get("Lane.AddQueue").Set(1, name).Run();
        return db.Get("Lane.QueueId").Set(1, name).Scalar()!.Value;
    }

    private Lane Make(string queue, string name)
    {
        var queueId = QueueId(queue);
        db.Get("Lane.AddName").Set(1, name).Run();
        var nameId = db.Get("Lane.NameId").Set(1, name).Scalar()!.Value;
        return Keep(new(db.Get("Lane.Add").Set(1, queueId).Set(2, nameId).Scalar()!.Value, queueId, queue, nameId, name));
    }

    private Lane Keep(Lane lane)
    {
        _all.Add(lane);
        _byName[(lane.Queue, lane.Name)] = lane;
        _byId[lane.Id] = lane;
        Version++;
        return lane;
    }
}
