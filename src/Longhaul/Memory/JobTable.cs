namespace Longhaul.Memory;

/// <summary>All jobs by id: found at constant cost, walked in order of id. Ids lie close together, so they share pages.</summary>
internal sealed class JobTable
{
    private const int PageBits = 8;
    private const int PageSize = 1 << PageBits;

    private readonly Dictionary<long, Page> _pages = [];
    private readonly List<long> _keys = [];
    private Page? _last;

    public int Count { get; private set; }

    public StoredJob? Find(long id) => PageOf(id)?.Jobs[(int)(id & (PageSize - 1))];

    public void Add(StoredJob job)
    {
        if (PageOf(job.Id) is not { } page)
        {
            var key = job.Id >> PageBits;
            page = new Page(key);
            _pages.Add(key, page);
            if (_keys.Count == 0 || key > _keys[^1])
                _keys.Add(key);
            else
                _keys.Insert(~_keys.BinarySearch(key), key);
            _last = page;
        }

        page.Jobs[(int)(job.Id & (PageSize - 1))] = job;
        page.Count++;
        Count++;
    }

    public void Remove(StoredJob job)
    {
        var page = PageOf(job.Id)!;
        page.Jobs[(int)(job.Id & (PageSize - 1))] = null;
        Count--;
        if (--page.Count > 0)
            return;
        _pages.Remove(page.Key);
        _keys.RemoveAt(_keys.BinarySearch(page.Key));
        _last = null;
    }

    /// <summary>Jobs with an id above <paramref name="after"/>, rising.</summary>
    public IEnumerable<StoredJob> Above(long after)
    {
        var at = _keys.BinarySearch(after >> PageBits);
        for (at = at < 0 ? ~at : at; at < _keys.Count; at++)
        {
            foreach (var job in _pages[_keys[at]].Jobs)
            {
                if (job is not null && job.Id > after)
                    yield return job;
            }
        }
    }

    /// <summary>Jobs with an id below <paramref name="before"/>, falling.</summary>
    public IEnumerable<StoredJob> Below(long before)
    {
        var at = _keys.BinarySearch(before >> PageBits);
        for (at = at < 0 ? ~at - 1 : at; at >= 0; at--)
        {
            var jobs = _pages[_keys[at]].Jobs;
            for (var i = PageSize - 1; i >= 0; i--)
            {
                if (jobs[i] is { } job && job.Id < before)
                    yield return job;
            }
        }
    }

    private Page? PageOf(long id)
    {
        var key = id >> PageBits;
        if (_last is { } last && last.Key == key)
            return last;
        if (!_pages.TryGetValue(key, out var page))
            return null;
        return _last = page;
    }

    private sealed class Page(long key)
    {
        public long Key { get; } = key;

        public StoredJob?[] Jobs { get; } = new StoredJob?[PageSize];

        public int Count { get; set; }
    }
}
