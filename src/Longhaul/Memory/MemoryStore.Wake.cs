namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly List<Waiter> _waiters = [];
    private long _stamp;

    /// <inheritdoc/>
    public long WakeStamp => Volatile.Read(ref _stamp);

    /// <inheritdoc/>
    public async Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        TimeSpan wait;
        lock (_gate)
        {
            var now = Now();
            var (changed, next) = Look(queues, seen, now);
            if (changed)
                return;
            wait = UntilDue(next, now);
            _waiters.Add(waiter = new Waiter(queues));
        }

        if (atMost >= TimeSpan.Zero && atMost < wait)
            wait = atMost;
        try
        {
            await waiter.Woken.Task.WaitAsync(wait, _clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nothing came; or a scheduled job is due now, and the next claim finds it.
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(waiter);
        }
    }

    /// <summary>Whether something came since the stamp, and when the next scheduled job is due.</summary>
    private (bool Changed, long Next) Look(IReadOnlyList<string>? queues, long seen, long now)
    {
        var (changed, next) = (queues is null && _stamp != seen, long.MaxValue);
        foreach (var queue in _ranked)
        {
            if (queues is not null && !queues.Contains(queue.Name))
                continue;
            Promote(queue, now);
            changed |= queue.Stamp > seen;
            next = Math.Min(next, queue.NextDue());
        }

        return (changed, next);
    }

    /// <summary>Moves what has become due, and says so: whoever looked before that must look again.</summary>
    private void Promote(StoredQueue queue, long now)
    {
        if (queue.Promote(now))
            Signal(queue);
    }

    /// <summary>How long until a moment, in whole milliseconds, up: a timer cuts what is finer, and would fire before it.</summary>
    private static TimeSpan UntilDue(long next, long now)
        => next == long.MaxValue || next - now >= LongestWait.Ticks
            ? LongestWait
            : TimeSpan.FromMilliseconds(Math.Ceiling((next - now) / (double)TimeSpan.TicksPerMillisecond));

    /// <summary>Says that something of a queue may have become claimable.</summary>
    private void Signal(StoredQueue queue)
    {
        Volatile.Write(ref _stamp, _stamp + 1);
        queue.Stamp = _stamp;
        for (var i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].Queues is { } queues && !queues.Contains(queue.Name))
                continue;
            _waiters[i].Woken.TrySetResult();
            _waiters.RemoveAt(i);
        }
    }

    private void WakeAll()
    {
        foreach (var waiter in _waiters)
            waiter.Woken.TrySetResult();
        _waiters.Clear();
    }

    private sealed class Waiter(IReadOnlyList<string>? queues)
    {
        public IReadOnlyList<string>? Queues { get; } = queues;

        public TaskCompletionSource Woken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
