namespace Longhaul.Sqlite;

/// <summary>
/// A megabyte set aside beside the file. On a full disk not even a deletion can be written, for it goes through the WAL:
/// then the reserve is given up, so that running work can end and old jobs can be pruned. New jobs wait until it is there again.
/// </summary>
internal sealed class Reserve(string path)
{
    private const int Size = 1 << 20;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly string _path = path + "-reserve";
    private long _triedAt;
    private volatile bool _spent;

    /// <summary>Whether it was given up and is not there again. Asked before new jobs are written; tries to set it aside anew.</summary>
    public bool IsSpent => _spent && !TryRestore();

    /// <summary>Sets it aside; on a disk that is full already there is none.</summary>
    public void Prepare() => _spent = !TryWrite();

    /// <summary>Gives it up. False: it was given up before.</summary>
    public bool Spend()
    {
        if (_spent)
            return false;
        _spent = true;
        _triedAt = StoreClock.Monotonic;
        return Discard();
    }

    private bool TryRestore()
    {
        if (StoreClock.Since(_triedAt) < TryAgainAfter)
            return false;
        _triedAt = StoreClock.Monotonic;
        _spent = !TryWrite();
        return !_spent;
    }

    private bool TryWrite()
    {
        try
        {
            if (new FileInfo(_path) is { Exists: true, Length: Size })
                return true;
            using var stream = FileChecks.CreateForOwner(_path, FileMode.Create);
            stream.Write(new byte[Size]); // written, not only sized: a hole would reserve nothing
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true; // there is room, but not for us: we do without
        }
        catch (IOException)
        {
            Discard(); // half a reserve only takes room
            return false;
        }
    }

    private bool Discard()
    {
        try
        {
            File.Delete(_path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
