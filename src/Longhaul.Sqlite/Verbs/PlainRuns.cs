namespace Longhaul.Sqlite;

/// <summary>What this process remembers of runs that it claimed and of which nothing special was known.</summary>
internal readonly record struct PlainRun(long Token, long Session, Lane Lane, JobFlags Flags);

/// <summary>
/// Plain runs claimed by this process, so that their end needs no look at the row: it is deleted by id, token and "still plain",
/// and when that deletes nothing the row is read after all. Nothing here has to be true.
/// </summary>
internal sealed class PlainRuns
{
    // Those that other processes took over are never asked for: all are forgotten now and then.
    private const int Kept = 100_000;

    private readonly Dictionary<long, PlainRun> _runs = [];

    public void Add(long job, PlainRun run)
    {
        if (_runs.Count >= Kept)
            _runs.Clear();
        _runs[job] = run;
    }

    /// <summary>Takes out what is remembered of a run.</summary>
    public bool Take(long job, long token, out PlainRun run) => _runs.Remove(job, out run) && run.Token == token;
}
