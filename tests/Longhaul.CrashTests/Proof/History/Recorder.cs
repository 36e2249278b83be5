using System.Text.Json;

namespace Longhaul.Proof;

/// <summary>Where events go. Safe for any number of callers; an event is kept when the call has returned, whatever becomes of the process.</summary>
internal abstract class Recorder
{
    private long _calls;

    /// <summary>A number for a new call.</summary>
    public long NewCall() => Interlocked.Increment(ref _calls);

    /// <summary>Stamps the event and keeps it.</summary>
    public abstract void Record(HistoryEvent what);

    /// <summary>The clock of the stamps.</summary>
    public abstract long Now { get; }

    /// <summary>Records something that is over at once.</summary>
    public void Note(HistoryEvent what) => Record(what with { Type = EventType.Ok, Call = NewCall() });
}

/// <summary>
/// One append-only file a process. Each event is one <c>write</c>, so that what was recorded survives the kill of the process;
/// the stamps come from CLOCK_MONOTONIC, which is one for all processes of a machine and which nobody fakes.
/// </summary>
internal sealed class FileRecorder : Recorder, IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _process;
    private readonly FileStream _file;
    private readonly MemoryStream _line = new();
    private long _sequence;

    public FileRecorder(string path, string process)
    {
        _process = process;
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    public override long Now => MonotonicClock.Nanoseconds;

    public override void Record(HistoryEvent what)
    {
        lock (_lock)
        {
            var stamped = what with { T = Now, Proc = what.Proc.Length == 0 ? _process : what.Proc, Seq = ++_sequence };
            _line.SetLength(0);
            using (var json = new Utf8JsonWriter(_line))
                JsonSerializer.Serialize(json, stamped, HistoryJson.Default.HistoryEvent);
            _line.WriteByte((byte)'\n');
            _file.Write(_line.GetBuffer(), 0, (int)_line.Length);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _line.Dispose();
    }
}

/// <summary>Keeps events in memory and stamps them by a clock of the caller's, for the simulation. No two events have the same stamp.</summary>
internal sealed class MemoryRecorder(Func<long> clock) : Recorder
{
    private readonly Lock _lock = new();
    private readonly List<HistoryEvent> _events = [];
    private long _last;

    public override long Now => Math.Max(clock(), _last);

    public IReadOnlyList<HistoryEvent> Events => _events;

    public override void Record(HistoryEvent what)
    {
        lock (_lock)
        {
            _last = Math.Max(clock(), _last + 1);
            _events.Add(what with { T = _last, Seq = _events.Count });
        }
    }
}

/// <summary>The part of one process in the recorder of a simulation.</summary>
internal sealed class ProcessRecorder(Recorder all, string process) : Recorder
{
    public override long Now => all.Now;

    public override void Record(HistoryEvent what) => all.Record(what with { Proc = process });
}

/// <summary>The machine's monotonic clock, the same in all its processes.</summary>
internal static class MonotonicClock
{
    /// <summary>Since the machine started.</summary>
    public static long Nanoseconds => (long)((Int128)TimeProvider.System.GetTimestamp() * Second / TimeProvider.System.TimestampFrequency);

    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    public static long Of(TimeSpan span) => span.Ticks * 100;

    public static double Milliseconds(long nanoseconds) => nanoseconds / 1e6;
}
