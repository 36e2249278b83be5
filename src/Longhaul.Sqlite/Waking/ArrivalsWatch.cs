using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>
/// Sees what other processes add. The file system tells that the WAL has grown; each queue's count of arrivals tells whether that was work.
/// Where the file system cannot tell, the file is asked every 50 ms whether it has changed, while somebody waits.
/// </summary>
/// <remarks>
/// The event comes when a commit is written, which is before it can be read: the index of the WAL follows after the sync, a tenth of a millisecond
/// or many later. So after each event the file is asked again and again, at growing distances, for a second.
/// </remarks>
internal sealed class ArrivalsWatch(StoreFile file, Action<IReadOnlyList<string>> arrived, Func<bool> hasWaiters) : IDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstLookAfter = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan UncertainFor = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _known = [];
    private FileSystemWatcher? _watcher;
    private ITimer? _looks;
    private Connection? _db;
    private TimeSpan _lookAfter;
    private long _lastEvent;
    private long _version;
    private bool _started;
    private bool _polls;
    private bool _looksScheduled;
    private bool _disposed;

    /// <summary>Begins to watch, at the first wait.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _started))
            return;
        lock (_gate)
        {
            if (_started || _disposed)
                return;
            _looks = TimeProvider.System.CreateTimer(_ => LookAgain(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Watch();
            _lastEvent = StoreClock.Monotonic;
            Volatile.Write(ref _started, true);
        }

        Refresh();
    }

    /// <summary>Asks the file, when it may have changed.</summary>
    public void Refresh()
    {
        if (!Volatile.Read(ref _started) || !(_polls || StoreClock.Since(Volatile.Read(ref _lastEvent)) < UncertainFor))
            return;
        List<string> changed;
        lock (_gate)
        {
            if (_disposed)
                return;
            try
            {
                changed = Look();
            }
            catch (Exception exception) when (exception is SqliteFault or StoreException)
            {
                // The file is away or broken: those who write say so. Whoever waits looks for himself, and the next look opens anew.
                Close();
                changed = [.. _known.Keys];
            }
        }

        if (changed.Count > 0)
            arrived(changed);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _looks?.Dispose();
            Close();
        }

        _watcher?.Dispose();
    }

    /// <summary>Somebody begins to wait: what was written a moment ago may become readable only now.</summary>
    public void Schedule()
    {
        lock (_gate)
        {
            if (_polls || StoreClock.Since(_lastEvent) < UncertainFor)
                ScheduleLook(FirstLookAfter);
        }
    }

    private void Watch()
    {
        try
        {
            _watcher = new(Path.GetDirectoryName(file.Path)!, Path.GetFileName(file.Path) + "-wal") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size };
            _watcher.Changed += (_, _) => OnWritten();
            _watcher.Error += (_, _) => Poll();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            Poll(); // the system's inotify instances are used up, mostly
        }
    }

    private void OnWritten()
    {
        Volatile.Write(ref _lastEvent, StoreClock.Monotonic);
        if (!hasWaiters())
            return;
        lock (_gate)
            ScheduleLook(FirstLookAfter);
    }

    private void Poll()
    {
        lock (_gate)
        {
            _polls = true;
            ScheduleLook(PollEvery);
        }
    }

    private void ScheduleLook(TimeSpan after)
    {
        if (_disposed || (_looksScheduled && after >= _lookAfter))
            return;
        _looksScheduled = true;
        _lookAfter = after;
        _ = _looks!.Change(after, Timeout.InfiniteTimeSpan);
    }

    private void LookAgain()
    {
        lock (_gate)
            _looksScheduled = false;
        Refresh();
        if (!hasWaiters())
            return;
        lock (_gate)
        {
            if (_polls)
                ScheduleLook(PollEvery);
            else if (StoreClock.Since(_lastEvent) < UncertainFor)
                ScheduleLook(_lookAfter * 2);
        }
    }

    private void Close()
    {
        if (_db is { } db)
            file.Close(db);
        _db = null;
    }

    private List<string> Look()
    {
        if (_db is { } old && !file.IsCurrent(old))
            Close();
        _db ??= file.OpenForReading();
        var changed = new List<string>();
        var version = _db.Cached("PRAGMA data_version").Scalar()!.Value;
        if (version == _version)
            return changed;
        _version = version;
        var rows = _db.Get("Wake.Arrivals");
        while (rows.Step())
        {
            var (queue, arrivals) = (rows.Text(0), rows.Long(1));
            if (_known.TryGetValue(queue, out var before) && before == arrivals)
                continue;
            _known[queue] = arrivals;
            changed.Add(queue);
        }

        return changed;
    }
}
