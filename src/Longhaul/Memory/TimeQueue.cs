namespace Longhaul.Memory;

/// <summary>
/// Jobs in order of a moment, then id. What arrives in order, nearly everything, goes through a ring at constant cost; the rest through a heap.
/// An entry whose job has since moved on is not looked for: its ticket no longer counts, and it is dropped when it comes up.
/// </summary>
internal sealed class TimeQueue(bool expiry)
{
    private const int Slack = 1024;

    private Entry[] _ring = [];
    private int _head;
    private int _length;
    private Entry[] _heap = [];
    private int _heapLength;

    /// <summary>Entries that count.</summary>
    public int Count { get; private set; }

    public void Push(long at, StoredJob job)
    {
        var entry = new Entry(at, job.Id, job, expiry ? job.ExpiryTicket : job.LaneTicket);
        if (_length == 0 || !entry.IsBefore(in _ring[(_head + _length - 1) & (_ring.Length - 1)]))
            PushRing(in entry);
        else
            PushHeap(in entry);
        Count++;
    }

    /// <summary>Says that an entry no longer counts.</summary>
    public void Forget()
    {
        Count--;
        if (_length + _heapLength > (2 * Count) + Slack)
            Compact();
    }

    /// <summary>The first entry.</summary>
    public bool TryPeek(out Entry first)
    {
        while (_length > 0 && !Counts(in _ring[_head]))
            DropRing();
        while (_heapLength > 0 && !Counts(in _heap[0]))
            DropHeap();
        if (_length == 0 && _heapLength == 0)
        {
            first = default;
            return false;
        }

        first = RingIsFirst ? _ring[_head] : _heap[0];
        return true;
    }

    /// <summary>Removes what <see cref="TryPeek"/> has just shown.</summary>
    public void Pop()
    {
        if (RingIsFirst)
            DropRing();
        else
            DropHeap();
        Count--;
    }

    /// <summary>All jobs, in no order.</summary>
    public void CopyTo(List<StoredJob> jobs)
    {
        for (var i = 0; i < _length; i++)
        {
            ref var entry = ref _ring[(_head + i) & (_ring.Length - 1)];
            if (Counts(in entry))
                jobs.Add(entry.Job);
        }

        for (var i = 0; i < _heapLength; i++)
        {
            if (Counts(in _heap[i]))
                jobs.Add(_heap[i].Job);
        }
    }

    private bool RingIsFirst => _heapLength == 0 || (_length > 0 && _ring[_head].IsBefore(in _heap[0]));

    private bool Counts(in Entry entry) => entry.Ticket == (expiry ? entry.Job.ExpiryTicket : entry.Job.LaneTicket);

    private void PushRing(in Entry entry)
    {
        if (_length == _ring.Length)
        {
            var larger = new Entry[Math.Max(4, _ring.Length * 2)];
            for (var i = 0; i < _length; i++)
                larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
            (_ring, _head) = (larger, 0);
        }

        _ring[(_head + _length++) & (_ring.Length - 1)] = entry;
    }

    private void DropRing()
    {
        _ring[_head] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        _length--;
    }

    private void PushHeap(in Entry entry)
    {
        if (_heapLength == _heap.Length)
            Array.Resize(ref _heap, Math.Max(4, _heapLength * 2));
        var at = _heapLength++;
        while (at > 0)
        {
            var parent = (at - 1) / 4;
            if (!entry.IsBefore(in _heap[parent]))
                break;
            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = entry;
    }

    private void DropHeap()
    {
        var last = _heap[--_heapLength];
        _heap[_heapLength] = default;
        if (_heapLength == 0)
            return;
        var at = 0;
        while ((at * 4) + 1 is var child && child < _heapLength)
        {
            for (int other = child + 1, end = Math.Min(child + 4, _heapLength); other < end; other++)
            {
                if (_heap[other].IsBefore(in _heap[child]))
                    child = other;
            }

            if (!_heap[child].IsBefore(in last))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = last;
    }

    private void Compact()
    {
        var ring = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, Count))];
        var kept = 0;
        for (var i = 0; i < _length; i++)
        {
            ref var entry = ref _ring[(_head + i) & (_ring.Length - 1)];
            if (Counts(in entry))
                ring[kept++] = entry;
        }

        (_ring, _head, _length) = (ring, 0, kept);
        var (heap, heapLength) = (_heap, _heapLength);
        (_heap, _heapLength) = ([], 0);
        for (var i = 0; i < heapLength; i++)
        {
            if (Counts(in heap[i]))
                PushHeap(in heap[i]);
        }
    }

    /// <summary>A job at its moment.</summary>
    internal readonly record struct Entry(long At, long Id, StoredJob Job, int Ticket)
    {
        public bool IsBefore(in Entry other) => At < other.At || (At == other.At && Id < other.Id);
    }
}
