using System.Globalization;
using Longhaul;
using StorageMigration.Objects;

namespace StorageMigration.Trees;

/// <summary>Counts what is copied, keeps it for the next run and tells it. Used by any number of threads.</summary>
internal sealed class TreeMeter
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RateOver = TimeSpan.FromSeconds(10);

    private readonly JobContext _context;
    private readonly JobCheckpoint _checkpoint;
    private readonly TimeProvider _time;
    private readonly TreeTotals? _totals;
    private readonly Lock _gate = new();
    private readonly Queue<(long At, long Bytes)> _moments = new();
    private readonly Dictionary<string, BegunFile> _begun;
    private TreeState _state;
    private long _onTheWay; // bytes of files that are not finished
    private long _toldAt;

    public TreeMeter(JobContext context, JobCheckpoint checkpoint, TreeTotals? totals, TimeProvider time)
    {
        (_context, _checkpoint, _totals, _time) = (context, checkpoint, totals, time);
        _state = checkpoint.Get<TreeState>() ?? new TreeState();
        _begun = new Dictionary<string, BegunFile>(_state.Begun, StringComparer.Ordinal);
        _toldAt = time.GetTimestamp();
        _moments.Enqueue((_toldAt, _state.Bytes));
    }

    /// <summary>The large files that an earlier run has begun.</summary>
    public IReadOnlyCollection<string> Tokens
    {
        get
        {
            lock (_gate)
                return [.. _begun.Values.Select(static file => file.Token)];
        }
    }

    public BegunFile? Begun(string key)
    {
        lock (_gate)
            return _begun.GetValueOrDefault(key);
    }

    public void Listed()
    {
        lock (_gate)
            _state = _state with { Listed = _state.Listed + 1 };
    }

    /// <summary>Bytes of a file were moved. <see cref="Copied"/> or <see cref="TakeBack"/> follows.</summary>
    public void Moved(long bytes)
    {
        lock (_gate)
        {
            _onTheWay += bytes;
            TellNowAndThen();
        }
    }

    /// <summary>What was moved of a file counts no more.</summary>
    public void TakeBack(long bytes)
    {
        lock (_gate)
            _onTheWay -= bytes;
    }

    public void Copied(StoredObject stored, long moved)
        => Change(state => state with { Files = state.Files + 1, Bytes = state.Bytes + stored.Length, Begun = Without(stored.Key) }, moved);

    public void Skipped() => Change(static state => state with { Skipped = state.Skipped + 1 });

    public void Unchanged() => Change(static state => state with { Unchanged = state.Unchanged + 1 });

    public void Failed(string key) => Change(state => state with { Failed = state.Failed + 1, Begun = Without(key) });

    /// <summary>Notes a large file that is begun, so that the next run goes on inside it.</summary>
    public void Begin(string key, BegunFile file) => Change(state =>
    {
        _begun[key] = file;
        return state with { Begun = new Dictionary<string, BegunFile>(_begun) };
    });

    /// <summary>Tells how it stands now.</summary>
    /// <param name="failed">What the loop has counted, where it has ended.</param>
    public TreeReport Tell(long? failed = null)
    {
        lock (_gate)
        {
            if (failed is { } count)
                _state = _state with { Failed = count };
            _checkpoint.Set(_state);
            return TellNow();
        }
    }

    private void Change(Func<TreeState, TreeState> change, long moved = 0)
    {
        lock (_gate)
        {
            _state = change(_state);
            _onTheWay -= moved;
            _checkpoint.Set(_state); // within the lock: an older state must not follow a newer one
            TellNowAndThen();
        }
    }

    private IReadOnlyDictionary<string, BegunFile> Without(string key) => _begun.Remove(key) ? new Dictionary<string, BegunFile>(_begun) : _state.Begun;

    private void TellNowAndThen()
    {
        if (_time.GetElapsedTime(_toldAt) >= TellEvery)
            TellNow();
    }

    private TreeReport TellNow()
    {
        _toldAt = _time.GetTimestamp();
        var bytes = _state.Bytes + Math.Max(0, _onTheWay);
        var report = new TreeReport
        {
            Files = _state.Files,
            Bytes = bytes,
            BytesPerSecond = Rate(bytes),
            TotalFiles = _totals?.Files,
            TotalBytes = _totals?.Bytes,
            Failed = _state.Failed,
            Skipped = _state.Skipped,
            Unchanged = _state.Unchanged,
            Listed = _state.Listed,
        };
        _context.SetResult(report);
        _context.Progress.Note(Note(report));
        return report;
    }

    private double? Rate(long bytes)
    {
        while (_moments.Count > 1 && _time.GetElapsedTime(_moments.Peek().At, _toldAt) > RateOver)
            _moments.Dequeue();
        var (at, before) = _moments.Peek();
        _moments.Enqueue((_toldAt, bytes));
        var seconds = _time.GetElapsedTime(at, _toldAt).TotalSeconds;
        return seconds > 0 ? Math.Max(0, bytes - before) / seconds : null;
    }

    private static string Note(TreeReport report)
    {
        var total = report.TotalBytes is { } bytes ? $" of {ByteText.Of(bytes)}" : "";
        var rate = report.BytesPerSecond is { } perSecond ? $", {ByteText.Of((long)perSecond)}/s" : "";
        var failed = report.Failed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {report.Failed:N0} failed") : "";
        return $"{ByteText.Of(report.Bytes)}{total}{rate}{failed}";
    }
}
