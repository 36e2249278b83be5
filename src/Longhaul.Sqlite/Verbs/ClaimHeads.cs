namespace Longhaul.Sqlite;

/// <summary>The heads of several lanes, and which of them comes first. Each is an open statement that has read no further than its own head.</summary>
internal sealed class ClaimHeads(Connection db)
{
    private readonly List<Head> _pool = [];
    private readonly List<Head> _open = [];
    private bool _byDue;
    private Head? _least;

    /// <summary>By priority, due time and id.</summary>
    public void Open(Lane[] lanes, Func<Lane, bool> isOpen)
    {
        _byDue = false;
        foreach (var lane in lanes)
        {
            if (isOpen(lane))
                Open(lane, 0, 255);
        }
    }

    /// <summary>By due time and id alone: a head for each priority of each lane.</summary>
    public void OpenOldestFirst(IEnumerable<Lane> lanes)
    {
        _byDue = true;
        var next = db.Get("Claim.NextPriority");
        foreach (var lane in lanes)
        {
            for (var p = next.Set(1, lane.Id).Set(2, -1).Scalar(); p is { } priority; p = next.Set(1, lane.Id).Set(2, priority).Scalar())
                Open(lane, priority, priority);
        }
    }

    /// <summary>The first of all; null: there is none left.</summary>
    public Head? Least()
    {
        _least = null;
        foreach (var head in _open)
        {
            if (_least is null || Precedes(head, _least))
                _least = head;
        }

        return _least;
    }

    /// <summary>Goes past <see cref="Least"/>.</summary>
    public void Advance()
    {
        if (_least!.Next())
            return;
        _open.Remove(_least);
        _pool.Add(_least);
    }

    public void Close()
    {
        foreach (var head in _open)
            head.Close();
        _pool.AddRange(_open);
        _open.Clear();
    }

    private void Open(Lane lane, long from, long to)
    {
        if (_pool.Count == 0)
            _pool.Add(new Head(db.Prepare(SqlText.Of("Claim.Head"))));
        var head = _pool[^1];
        if (!head.Begin(lane, from, to))
            return;
        _pool.RemoveAt(_pool.Count - 1);
        _open.Add(head);
    }

    private bool Precedes(Head a, Head b)
        => !_byDue && a.Priority != b.Priority ? a.Priority < b.Priority
            : a.Due != b.Due ? a.Due < b.Due
            : a.Id < b.Id;

    internal sealed class Head(Statement rows)
    {
        public Lane Lane { get; private set; } = null!;

        public long Priority { get; private set; }

        public long Due { get; private set; }

        public long Id { get; private set; }

        /// <summary>How many jobs, from <see cref="Id"/> on.</summary>
        public long Jobs { get; private set; }

        public JobFlags Flags { get; private set; }

        public bool Begin(Lane lane, long from, long to)
        {
            Lane = lane;
            _ = rows.Set(1, lane.Id).Set(2, from).Set(3, to);
            return Next();
        }

        public bool Next()
        {
            if (!rows.Step())
                return false;
            Priority = rows.Long(0);
            Due = rows.Long(1);
            Id = rows.Long(2);
            Jobs = rows.Long(3);
            Flags = (JobFlags)rows.Long(4);
            return true;
        }

        public void Close() => rows.Reset();
    }
}
