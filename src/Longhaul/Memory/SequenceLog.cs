namespace Longhaul.Memory;

/// <summary>Something that runs have told, with the job that told it; forgotten when the job goes or has told too much.</summary>
internal sealed class Told<T>(long sequence, T row, StoredJob job)
{
    public long Sequence { get; } = sequence;

    public T Row { get; } = row;

    public StoredJob Job { get; } = job;

    public bool Forgotten { get; set; }
}

/// <summary>What all jobs have told, in the order in which it was written.</summary>
internal sealed class SequenceLog<T>
{
    private const int Slack = 1024;

    private readonly List<Told<T>> _all = [];
    private long _next = 1;
    private int _forgotten;

    public Told<T> Add(Func<long, T> make, StoredJob job)
    {
        var told = new Told<T>(_next, make(_next), job);
        _next++;
        _all.Add(told);
        return told;
    }

    public void Forget(Told<T> told)
    {
        told.Forgotten = true;
        if (++_forgotten <= (_all.Count / 2) + Slack)
            return;
        _all.RemoveAll(static each => each.Forgotten);
        _forgotten = 0;
    }

    public void Forget(IEnumerable<Told<T>>? all)
    {
        if (all is null)
            return;
        foreach (var told in all)
            Forget(told);
    }

    /// <summary>What was told after a sequence number, rising.</summary>
    public IEnumerable<Told<T>> After(long sequence)
    {
        for (var i = FirstAfter(sequence); i < _all.Count; i++)
        {
            if (!_all[i].Forgotten)
                yield return _all[i];
        }
    }

    /// <summary>All that was told, the last first.</summary>
    public IEnumerable<Told<T>> Backwards()
    {
        for (var i = _all.Count - 1; i >= 0; i--)
        {
            if (!_all[i].Forgotten)
                yield return _all[i];
        }
    }

    private int FirstAfter(long sequence)
    {
        int low = 0, high = _all.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_all[middle].Sequence <= sequence)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
