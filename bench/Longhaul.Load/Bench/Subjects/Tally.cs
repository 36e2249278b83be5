using System.Collections.Concurrent;
using System.Diagnostics;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>Counts what handlers did, and says when it is enough.</summary>
internal sealed class Tally
{
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _target = long.MaxValue;
    private readonly ConcurrentQueue<long> _passed = [];
    private long _count;
    private long _step;

    /// <summary>How long each stamped job took from its enqueue call to its handler, in milliseconds.</summary>
    public ConcurrentQueue<double> PickUps { get; } = [];

    /// <summary>Waits that <see cref="Release"/> ends.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add()
    {
        var count = Interlocked.Increment(ref _count);
        if (Volatile.Read(ref _step) is var step and > 0 && count % step == 0)
            _passed.Enqueue(Stopwatch.GetTimestamp());
        if (count == Volatile.Read(ref _target))
            _reached.TrySetResult();
    }

    /// <summary>From now on the moments are kept at which so many more were counted, beginning with now.</summary>
    public void MarkEach(long step)
    {
        _passed.Enqueue(Stopwatch.GetTimestamp());
        Volatile.Write(ref _step, step);
    }

    /// <summary>How many a second between two such moments.</summary>
    public double Rate(int interval)
    {
        var passed = _passed.ToArray();
        return _step / Stopwatch.GetElapsedTime(passed[interval], passed[interval + 1]).TotalSeconds;
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
