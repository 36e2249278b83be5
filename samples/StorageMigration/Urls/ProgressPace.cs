using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Tells how far it is, once a second.</summary>
/// <param name="output">Where to.</param>
/// <param name="time">The clock.</param>
/// <param name="total">About how many there are.</param>
/// <param name="cursor">What the command wants back when it is started again.</param>
internal sealed class ProgressPace(CommandOutput output, TimeProvider time, long total, string? cursor = null)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private long _total = total;
    private long _told = time.GetTimestamp();
    private long _done;
    private string? _phase;
    private string? _note;

    /// <summary>Counts.</summary>
    public void Add(string phase, long done, string? note = null)
    {
        var isNew = phase != _phase;
        (_phase, _note) = (phase, note ?? _note);
        _done += done;
        if (!isNew && time.GetElapsedTime(_told) < Every)
            return;
        _told = time.GetTimestamp();
        Tell();
    }

    /// <summary>The last word.</summary>
    public void End()
    {
        _total = _done;
        Tell();
    }

    private void Tell() => output.Progress(_phase, _done, Math.Max(_total, _done), cursor, _note);
}
