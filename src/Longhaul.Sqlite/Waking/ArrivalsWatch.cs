namespace Longhaul.Sqlite;

/// <summary>
/// Sees what other processes add. The file system tells that the WAL has grown; each queue's count of arrivals tells whether that was work.
/// Where the file system cannot tell, the file is asked every 50 ms whether it has changed, while somebody waits.
/// </summary>
internal sealed class ArrivalsWatch(StoreFile file, Action<IReadOnlyList<string>> arrived, Func<bool> hasWaiters) : IDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _known = [];
    private FileSystemWatcher? _watcher;
    private ITimer? _poll;
    private Connection? _db;
    private long _version;
    private bool _started;
    private volatile bool _changed = true;
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
            _started = true;
            try
            {
                _watcher = new(Path.GetDirectoryName(file.Path)!, Path.GetFileName(file.Path) + "-wal") { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size };
                _watcher.Changed += (_, _) => OnChanged();
                _watcher.Error += (_, _) => Poll();
                _watcher.EnableRaisingEvents = true;
            }
            catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
            {
                Poll(); // out of inotify instances, mostly
            }
        }

        Refresh();
    }

    /// <summary>Asks the file, when it may have changed.</summary>
    public void Refresh()
    {
        if (!_changed || !Volatile.Read(ref _started))
            return;
        List<string>? changed = null;
        lock (_gate)
        {
            if (_disposed)
                return;
            _changed = false; // before the look: what comes during it sets it again
            try
            {
                changed = Look();
            }
            catch (SqliteFault)
            {
                // The file is away or broken: those who write say so. Everyone looks for themselves, and the next look opens anew.
                _db?.Dispose();
                _db = null;
                _changed = true;
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
            _poll?.Dispose();
            _db?.Dispose();
        }

        _watcher?.Dispose();
    }

    private void OnChanged()
    {
        _changed = true;
        if (hasWaiters())
            Refresh();
    }

    private void Poll()
    {
        lock (_gate)
        {
            if (!_disposed)
                _poll ??= TimeProvider.System.CreateTimer(_ => OnChanged(), null, PollEvery, PollEvery);
        }
    }

    private List<string> Look()
    {
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
