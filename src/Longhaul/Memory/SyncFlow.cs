using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>The runs that one caller's flow has still to do, in order. Code inside a run adds to it; code that outlives the flow does not.</summary>
internal sealed class SyncFlow
{
    private readonly Lock _gate = new();
    private readonly Queue<ClaimedRun> _next = new();
    private volatile bool _ended;

    public bool HasEnded => _ended;

    /// <returns>False: the flow has ended.</returns>
    public bool TryAdd(IReadOnlyList<ClaimedRun> runs)
    {
        lock (_gate)
        {
            if (_ended)
                return false;
            foreach (var run in runs)
                _next.Enqueue(run);
            return true;
        }
    }

    /// <summary>The next run; null: there is none, and the flow has ended.</summary>
    public ClaimedRun? Next()
    {
        lock (_gate)
        {
            if (_next.TryDequeue(out var run))
                return run;
            _ended = true;
            return null;
        }
    }
}
