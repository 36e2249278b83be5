namespace Longhaul.Worker;

/// <summary>
/// Tells a signal that asks to end in order from one that insists. A supervisor sends the signal to the whole process group, and the parent
/// of several workers passes its own on: the same wish then arrives twice at once, and must not be taken for an insistence.
/// </summary>
internal sealed class StopSignals(TimeProvider time)
{
    private static readonly TimeSpan OneWish = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long? _first;

    /// <summary>A signal has come.</summary>
    /// <returns>True: it is to end the process at once.</returns>
    public bool Insists()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _first ??= now;
            return time.GetElapsedTime(_first.Value, now) > OneWish;
        }
    }
}
