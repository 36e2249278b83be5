using System.Collections.Concurrent;
using System.Diagnostics;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>Counts what handlers did, and says when it is enough.</summary>
internal sealed class Tally
{
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _target = long.MaxValue;
    private long _count;

    /// <summary>How long each stamped job took from its enqueue call to its handler, in milliseconds.</summary>
    public ConcurrentBag<double> PickUps { get; } = [];

    /// <summary>Waits that <see cref="Release"/> ends.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add()
    {
        if (Interlocked.Increment(ref _count) == Volatile.Read(ref _target))
            _reached.TrySetResult();
    }

    public void Release() => Released.TrySetResult();

    /// <summary>Completes when so many were counted from now on.</summary>
    public Task ExpectAsync(long more)
    {
        _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _target, Volatile.Read(ref _count) + more);
        return _reached.Task;
    }

    public static double MillisecondsSince(long stamp) => Stopwatch.GetElapsedTime(stamp).TotalMilliseconds;
}
