using Longhaul.Load.Bench.Postgres;
using Longhaul.Memory;
using Longhaul.Postgres;
using Longhaul.Sqlite;
using Longhaul.Storage;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>Which store to measure, and how it secures commits.</summary>
/// <param name="Driver"><c>sqlite</c>, <c>postgres</c> or <c>memory</c>.</param>
/// <param name="Synchronous">For SQLite: <c>full</c> or <c>normal</c>.</param>
internal sealed record StoreUnderTest(string Driver, string Synchronous = StoreUnderTest.Full)
{
    public const string Full = "full";
    public const string Normal = "normal";

    private const string SqliteDriver = "sqlite";
    private const string PostgresDriver = "postgres";

    public static StoreUnderTest Memory { get; } = new("memory");

    public bool IsSqlite => Driver == SqliteDriver;

    public bool IsPostgres => Driver == PostgresDriver;

    /// <summary>Whether several processes can share it.</summary>
    public bool IsShared => IsSqlite || IsPostgres;

    /// <summary>The server that PostgreSQL is measured on; null in the processes that only use it.</summary>
    public PostgresGround? Ground { get; init; }

    public static StoreUnderTest Postgres(PostgresGround? ground = null) => new(PostgresDriver) { Ground = ground };

    /// <summary>An empty place for the data of one run.</summary>
    public Scratch Scratch() => Ground is { } ground ? Subjects.Scratch.On(ground.CreateDatabase()) : Subjects.Scratch.OfFiles();

    public IJobStore Open(string place) => Driver switch
    {
        SqliteDriver => new SqliteStore(new SqliteOptions { Path = place, Synchronous = Synchronous == Full ? SqliteSynchronous.Full : SqliteSynchronous.Normal }),
        PostgresDriver => new PostgresStore(new PostgresOptions { ConnectionString = place }),
        _ => new MemoryStore(),
    };
}

/// <summary>The place of one run's data, gone afterwards: a folder for files, or a database.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string? _folder;

    private Scratch(string? folder, PostgresDatabase? postgres) => (_folder, Postgres) = (folder, postgres);

    public PostgresDatabase? Postgres { get; }

    /// <summary>As the store's options name it.</summary>
    public string Database => Postgres?.ConnectionString ?? Path.Combine(_folder!, "bench.db");

    public static Scratch OfFiles() => new(Directory.CreateTempSubdirectory("longhaul-bench-").FullName, null);

    public static Scratch On(PostgresDatabase database) => new(null, database);

    public void Dispose()
    {
        Postgres?.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }
}
