using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>All progress of a run. Reports set numbers; the clock is read and the rest computed when a flush takes it.</summary>
internal sealed class ProgressBoard(TimeProvider time)
{
    private static readonly TimeSpan LongestTimeLeft = TimeSpan.FromDays(3650);

    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private readonly RateWindow _whole = new();
    private readonly List<ProgressNode> _open = [];
    private double? _highest;
    private long _sourceVersion;
    private bool _changed;

    /// <summary>The whole job.</summary>
    public ProgressNode Root { get; } = new("", 0);

    /// <summary>The phase that was entered last and has not ended; the empty path when there is none.</summary>
    public ProgressNode Current
    {
        get
        {
            lock (_gate)
                return _open.Count > 0 ? _open[^1] : Root;
        }
    }

    public ProgressNode Declare(ProgressNode parent, string path, double weight)
    {
        lock (_gate)
            return parent.Child(path, weight);
    }

    /// <summary>Makes a phase known that is not entered yet, or was in an earlier run.</summary>
    public void Restore(string path, double weight, bool ended)
    {
        lock (_gate)
        {
            var node = Root;
            for (var end = path.IndexOf('/', StringComparison.Ordinal); end > 0; end = path.IndexOf('/', end + 1))
                node = node.Child(path[..end], null);
            node.Child(path, weight).Ended |= ended;
        }
    }

    public void Enter(ProgressNode node)
    {
        lock (_gate)
        {
            _open.Add(node);
            _changed = true;
            if (Root.Fraction() is { } fraction)
                _whole.Add(Seconds, fraction);
        }
    }

    public void Leave(ProgressNode node, bool ended)
    {
        lock (_gate)
        {
            _open.Remove(node);
            node.Ended |= ended;
            _changed = true;
        }
    }

    public void Report(ProgressNode node, double done, double? total, string? note)
    {
        lock (_gate)
        {
            (node.ReportedDone, node.ReportedTotal) = (done, total ?? node.ReportedTotal);
            if (note is not null)
                node.Note = note;
            if (!node.Reported)
            {
                node.Reported = true;
                Sample(node);
            }

            _changed = true;
        }
    }

    public void Note(ProgressNode node, string? note)
    {
        lock (_gate)
        {
            node.Note = note;
            _changed = true;
        }
    }

    public void Throttled(ProgressNode node, string? why)
    {
        lock (_gate)
        {
            _changed |= node.Throttled != why;
            node.Throttled = why;
        }
    }

    public void Attach(ProgressNode node, IProgressSource source)
    {
        lock (_gate)
        {
            node.Source = source;
            Sample(node);
            _changed = true;
        }
    }

    public void MarkChanged()
    {
        lock (_gate)
            _changed = true;
    }

    public ProgressRecord? TakeIfChanged()
    {
        lock (_gate)
        {
            var version = Root.Source?.Version ?? 0;
            foreach (var node in _open)
                version += node.Source?.Version ?? 0;
            if (!_changed && version == _sourceVersion)
                return null;
            (_changed, _sourceVersion) = (false, version);
            return Describe(_open.Count > 0 ? _open[^1] : Root);
        }
    }

    private double Seconds => time.GetElapsedTime(_start).TotalSeconds;

    private void Sample(ProgressNode node)
    {
        var now = Seconds;
        if (node.Done is { } done)
            node.Rate.Add(now, done);
        if (Root.Fraction() is { } fraction)
            _whole.Add(now, fraction);
    }

    private ProgressRecord Describe(ProgressNode node)
    {
        Sample(node);
        var now = Seconds;
        var fraction = Root.Fraction();
        if (fraction is { } f)
            _highest = Math.Max(f, _highest ?? 0);
        var note = node.Throttled ?? node.Note;
        return new ProgressRecord
        {
            Done = node.Done,
            Total = node.Total,
            Phase = node.Path.Length == 0 ? null : node.Path,
            Note = note is null ? null : StorageText.Clean(note, JobLimits.NoteLength),
            Fraction = _highest,
            Rate = node.Done is { } done ? node.Rate.Rate(now, done) : null,
            TimeLeft = fraction is { } share ? TimeLeft(share, _whole.Rate(now, share)) : null,
        };
    }

    private static TimeSpan? TimeLeft(double fraction, double? rate) => rate switch
    {
        _ when fraction >= 1 => TimeSpan.Zero,
        null or <= 0 => null,
        _ => TimeSpan.FromSeconds(Math.Min((1 - fraction) / rate.Value, LongestTimeLeft.TotalSeconds)),
    };
}
