using System.Collections.Concurrent;

namespace Longhaul.Worker;

/// <summary>Knows which queues lately had only short jobs: an average over about the last 16, for which anything over 50 ms is long.</summary>
internal sealed class ShortJobs
{
    private const double ShortMilliseconds = 50;
    private const double Weight = 1.0 / 16;
    private const int EnoughRuns = 16;

    private readonly ConcurrentDictionary<string, Average> _queues = new(StringComparer.Ordinal);
    private volatile bool _all;

    /// <summary>Whether every queue seen so far has short jobs.</summary>
    public bool AreAll => _all;

    public void Took(string queue, TimeSpan duration)
    {
        var average = _queues.GetOrAdd(queue, static _ => new Average());
        if (average.Add(duration.TotalMilliseconds))
            _all = _queues.Values.All(static q => q.IsShort);
    }

    /// <summary>A long job was met: begin anew.</summary>
    public void Forget()
    {
        _all = false;
        _queues.Clear();
    }

    private sealed class Average
    {
        private readonly Lock _lock = new();
        private double _milliseconds;
        private int _runs;

        public bool IsShort { get; private set; }

        /// <summary>True when the verdict has changed.</summary>
        public bool Add(double milliseconds)
        {
            lock (_lock)
            {
                _runs++;
                // A single long run counts at once: nothing may wait behind the next one.
                _milliseconds = milliseconds > ShortMilliseconds ? Math.Max(milliseconds, _milliseconds) : _milliseconds + (Weight * (milliseconds - _milliseconds));
                var isShort = _runs >= EnoughRuns && _milliseconds < ShortMilliseconds;
                var changed = isShort != IsShort || _runs == 1;
                IsShort = isShort;
                return changed;
            }
        }
    }
}
