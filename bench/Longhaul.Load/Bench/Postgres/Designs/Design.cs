using System.Reflection;

namespace Longhaul.Load.Bench.Postgres.Designs;

/// <summary>One way to keep, claim and end jobs on PostgreSQL.</summary>
/// <param name="Name">As in the table of figures.</param>
/// <param name="Files">Its SQL, in order.</param>
internal sealed record Design(string Name, params string[] Files)
{
    private const string PlainJobs = "jobs";

    /// <summary>How many jobs were written together, where that makes a difference.</summary>
    public int Range { get; init; } = 1_000;

    /// <summary>In how many calls the jobs of one claim are ended, its every so-many-th in each.</summary>
    public int Pieces { get; init; } = 1;

    /// <summary>Whether a claim begins where the last one of its connection ended, and from the front again once a second.</summary>
    public bool Hint { get; init; }

    /// <summary>Whether claims go from one segment to the next, and drained ones are truncated.</summary>
    public bool Segments { get; init; }

    /// <summary>How many rows of pending jobs a claim of so many jobs is to lock at most at a time.</summary>
    public int Rows(int wanted) => Math.Max(1, wanted / Range);

    public static IReadOnlyList<Design> All { get; } =
    [
        new("one-table", "one-table"),
        new("ready-rows", PlainJobs, "done", "runs", "ready-rows"),
        new("ready-rows-hint", PlainJobs, "done", "runs", "ready-rows") { Hint = true },
        new("segments", PlainJobs, "done", "runs", "segments") { Segments = true },
        new("ranges-runs", PlainJobs, "done", "runs", "ranges", "ranges-runs"),
        new("ranges-runs-of-1", PlainJobs, "done", "runs", "ranges", "ranges-runs") { Range = 1 },
        new("ranges-runs-of-1-hint", PlainJobs, "done", "runs", "ranges", "ranges-runs") { Range = 1, Hint = true },
        new("ranges-claims", PlainJobs, "done", "ranges", "ranges-claims", "claims-done-rows"),
        new("ranges-claims-done-ranges", PlainJobs, "ranges", "ranges-claims", "claims-done-ranges"),
        new("ranges-claims-done-ranges-4", PlainJobs, "ranges", "ranges-claims", "claims-done-ranges") { Pieces = 4 },
        new("ranges-claims-done-ranges-of-1", PlainJobs, "ranges", "ranges-claims", "claims-done-ranges") { Range = 1 },
    ];

    /// <summary>Its whole script.</summary>
    public string Script() => string.Join('\n', Files.Prepend("common").Select(Read));

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"designs/{name}.sql")
            ?? throw new InvalidOperationException($"{name}.sql should be embedded in this program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
