namespace Longhaul.Worker;

/// <summary>Waits longer after each failure in a row: 50 ms doubling to 5 s, of which half is random so that workers do not come back as one.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Failures in a row.</summary>
    public int Failures { get; private set; }

    public void Reset() => Failures = 0;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var delay = First * Math.Pow(2, Math.Min(Failures, 20));
        Failures++;
        if (delay > Longest)
            delay = Longest;
        return Task.Delay(delay * (0.5 + (Random.Shared.NextDouble() / 2)), time, cancellationToken);
    }
}
