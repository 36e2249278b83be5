namespace Longhaul.Worker;

/// <summary>How a run is asked to stop, and where it can be.</summary>
internal sealed class RunStop : IDisposable
{
    private readonly CancellationTokenSource _soft = new();
    private readonly CancellationTokenSource _hard = new();
    private int _reason;
    private int _wanted;
    private int _safe;

    public RunStop()
    {
        Token = _soft.Token;
        HardToken = _hard.Token;
    }

    public CancellationToken Token { get; }

    public CancellationToken HardToken { get; }

    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    public bool HasSafePoints => Volatile.Read(ref _safe) > 0;

    public void Stop(StopReason reason)
    {
        var first = Interlocked.CompareExchange(ref _reason, (int)reason, 0) == 0;
        if (!first && reason == StopReason.LeaseLost)
            Volatile.Write(ref _reason, (int)reason);
        if (first)
            Trip(_soft);
        if (reason is StopReason.Cancelled or StopReason.LeaseLost or StopReason.Timeout)
            StopHard();
    }

    public void StopHard()
    {
        if (!_hard.IsCancellationRequested)
            Trip(_hard);
    }

    public void StopAtSafePoint(StopReason reason)
    {
        Interlocked.CompareExchange(ref _wanted, (int)reason, 0);
        if (HasSafePoints)
            StopWhenWanted();
    }

    public void Enter()
    {
        Interlocked.Increment(ref _safe);
        StopWhenWanted();
    }

    public void Leave() => Interlocked.Decrement(ref _safe);

    public void ThrowIfStopping()
    {
        StopWhenWanted();
        Token.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        _soft.Dispose();
        _hard.Dispose();
    }

    private void StopWhenWanted()
    {
        if (Volatile.Read(ref _wanted) is var reason and not 0)
            Stop((StopReason)reason);
    }

    private static void Trip(CancellationTokenSource source)
    {
        try
        {
            _ = source.CancelAsync(); // callbacks are handler code: they run on the pool, and what they throw is theirs
        }
        catch (ObjectDisposedException)
        {
            // The run has ended meanwhile.
        }
    }
}
