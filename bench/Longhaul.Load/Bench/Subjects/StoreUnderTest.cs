namespace Longhaul.Load.Bench.Subjects;

/// <summary>Which store to measure, and how it secures commits.</summary>
/// <param name="Driver"><c>sqlite</c> or <c>memory</c>.</param>
/// <param name="Synchronous">For SQLite: <c>full</c> or <c>normal</c>.</param>
internal sealed record StoreUnderTest(string Driver, string Synchronous = StoreUnderTest.Full)
{
    public const string Full = "full";
    public const string Normal = "normal";

    public static StoreUnderTest Memory { get; } = new("memory");

    public bool IsSqlite => Driver == "sqlite";
}

/// <summary>A folder for the files of one run, gone afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("longhaul-bench-").FullName;

    public string Database => Path.Combine(_folder, "bench.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
