using System.Globalization;

namespace Longhaul.Jobs;

/// <summary>
/// What each item of a loop passes before it starts: the health signal, a pause that the other side asked for, the pace, the bytes a second.
/// Costs one read of a flag where there is nothing of it.
/// </summary>
internal sealed class LoopGate
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(1);

    private readonly Throttle? _throttle;
    private readonly TimeProvider _time;
    private readonly ProgressBoard _progress;
    private readonly ProgressNode _node;
    private readonly Lock _gate = new();
    private readonly ByteBudget? _bytes;
    private readonly Pace _pace = new();
    private readonly long _start;
    private TimeSpan? _lastLook;
    private int _itemsSinceLook;
    private bool _looking;
    private TimeSpan _waitUntil;
    private string? _reason;
    private int _refusals;
    private volatile bool _isOpen;

    public LoopGate(LoopOptions options, TimeProvider time, ProgressBoard progress, ProgressNode node)
    {
        (_throttle, _time, _progress, _node) = (options.Throttle, time, progress, node);
        _start = time.GetTimestamp();
        _bytes = options.BytesPerSecond is { } bytes ? new ByteBudget(bytes) : null;
        _isOpen = !NeverOpen;
    }

    private bool NeverOpen => _throttle is not null || _bytes is not null;

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>Completes when an item may start.</summary>
    public ValueTask PassAsync(CancellationToken stop) => _isOpen ? default : PassWhenAllowedAsync(stop);

    /// <summary>An item was finished: refusals are counted anew.</summary>
    public void Succeeded()
    {
        if (_isOpen)
            return;
        lock (_gate)
            _refusals = 0;
    }

    /// <summary>The other side refused an item: all items wait, longer each time in a row, and go on more slowly.</summary>
    public void Refused(TimeSpan? retryAfter, string reason)
    {
        lock (_gate)
        {
            var now = Now;
            if (_waitUntil <= now) // a refusal of an item that was in flight already says nothing new
            {
                _refusals++;
                _pace.Slow(now, RefusalPause.Factor);
            }

            var until = now + (retryAfter ?? RefusalPause.After(_refusals));
            if (until > _waitUntil)
                (_waitUntil, _reason) = (until, reason);
            _isOpen = false;
        }
    }

    public void ReportBytes(long bytes)
    {
        if (_bytes is null || bytes == 0)
            return;
        lock (_gate)
            _bytes.Spend(Now, bytes);
    }

    /// <summary>Completes when the bytes reported so far are within the limit.</summary>
    public async ValueTask PayBytesAsync(CancellationToken stop)
    {
        while (BytesWait() is var wait && wait > TimeSpan.Zero)
            await Task.Delay(Sleep(wait), _time, stop).ConfigureAwait(false);
    }

    private TimeSpan BytesWait()
    {
        lock (_gate)
            return _bytes?.Wait(Now) ?? TimeSpan.Zero;
    }

    private async ValueTask PassWhenAllowedAsync(CancellationToken stop)
    {
        while (true)
        {
            if (MustLook())
                await LookAsync(stop).ConfigureAwait(false);
            var wait = TryPass(out var note);
            _progress.Throttled(_node, note);
            if (wait <= TimeSpan.Zero)
                return;
            await Task.Delay(Sleep(wait), _time, stop).ConfigureAwait(false);
            _progress.MarkChanged(); // who waits for a reason is not stuck
        }
    }

    private bool MustLook()
    {
        if (_throttle is null)
            return false;
        lock (_gate)
        {
            var now = Now;
            if (_looking || _waitUntil > now)
                return false;
            _looking = _lastLook is not { } last || now - last >= _throttle.LookEvery || _itemsSinceLook >= _throttle.LookEveryItems;
            return _looking;
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        ThrottleSignal? signal = null;
        try
        {
            signal = await _throttle!.LookAsync(_time, stop).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                Heed(signal ?? ThrottleSignal.Go);
        }
    }

    private void Heed(ThrottleSignal signal)
    {
        var now = Now;
        (_looking, _lastLook, _itemsSinceLook) = (false, now, 0);
        if (signal.WaitFor > TimeSpan.Zero)
            (_waitUntil, _reason) = (now + signal.WaitFor, signal.Reason);
        else if (signal.Factor is { } factor)
            (_, _reason) = (_pace.Slow(now, factor), signal.Reason);
        else
            _pace.Quicken(now);
    }

    private TimeSpan TryPass(out string? note)
    {
        lock (_gate)
        {
            var now = Now;
            note = null;
            if (_waitUntil > now)
            {
                note = $"waiting: {_reason}";
                return _waitUntil - now;
            }

            if (_throttle is null)
                _pace.QuickenBy(now); // nobody else says when things are well again
            if (_pace.Limit is { } limit)
                note = string.Create(CultureInfo.InvariantCulture, $"slowed to {limit:0.##} items/s: {_reason}");
            if (_bytes?.Wait(now) is { } debt && debt > TimeSpan.Zero)
            {
                note = debt < WorthSaying ? note : string.Create(CultureInfo.InvariantCulture, $"limited to {_bytes.PerSecond} bytes/s");
                return debt;
            }

            var wait = _pace.TryStart(now);
            if (wait <= TimeSpan.Zero)
            {
                _itemsSinceLook++;
                _isOpen = !NeverOpen && _pace.Limit is null;
            }

            return wait;
        }
    }

    /// <summary>Whole milliseconds, rounded up: a timer drops what is below, and a wait of nothing would spin.</summary>
    private static TimeSpan Sleep(TimeSpan wait) => wait < LongestSleep ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)) : LongestSleep;
}
