using System.Data.Common;
using System.Globalization;
using Longhaul.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace StorageMigration.Tests.Urls;

/// <summary>A database of a site, of one test alone.</summary>
internal sealed class SiteUnderTest : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    public const string From = "https://old.example.org/";
    public const string To = "https://cdn.example.net/assets/";

    private static readonly Lock Gate = new();
    private static Task<PostgresServer>? _server;
    private static int _databases;

    private readonly TempFolder? _folder;

    private SiteUnderTest(string kind, string address, DbConnection connection, TempFolder? folder = null) => (Kind, Address, Connection, _folder) = (kind, address, connection, folder);

    public string Kind { get; }

    public string Address { get; }

    public DbConnection Connection { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="kind">Which.</param>
    /// <param name="tables">Statements that make its tables and rows.</param>
    public static async Task<SiteUnderTest> OpenAsync(string kind, string tables)
    {
        var site = kind == Sqlite ? await SqliteAsync() : await PostgresAsync();
        await site.RunAsync(tables);
        return site;
    }

    /// <summary>Runs a command on it.</summary>
    public Task<VerbResult> VerbAsync(string name, params string[] arguments) => MappedAsync(name, From, To, arguments);

    /// <summary>Runs it with other addresses.</summary>
    public Task<VerbResult> MappedAsync(string name, string from, string to, params string[] arguments)
        => Verb.RunAsync(name, arguments, ("Migration:Database", Address), ("Migration:SourceAddress", from), ("Migration:TargetAddress", to));

    public async Task RunAsync(string sql)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>Rows, each a text with <c>|</c> between the columns and <c>-</c> for nothing.</summary>
    public async Task<string[]> ListAsync(string sql)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync(Cancel);
        var list = new List<string>();
        while (await rows.ReadAsync(Cancel))
            list.Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(i => rows.IsDBNull(i) ? "-" : Convert.ToString(rows.GetValue(i), CultureInfo.InvariantCulture))));
        return [.. list];
    }

    public async Task<string> AskAsync(string sql) => (await ListAsync(sql)).Single();

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _folder?.Dispose();
    }

    /// <summary>The server of the run.</summary>
    public static Task<PostgresServer> ServerAsync()
    {
        lock (Gate)
            return _server ??= PostgresServer.StartAsync(durable: false);
    }

    /// <summary>The address of a new database.</summary>
    public static async Task<string> NewPostgresAsync()
    {
        var server = await ServerAsync();
        var name = string.Create(CultureInfo.InvariantCulture, $"site_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(Cancel);
        return server.Url(name);
    }

    private static async Task<SiteUnderTest> SqliteAsync()
    {
        var folder = new TempFolder();
        var file = folder.File("site.db");
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync(Cancel);
        return new(Sqlite, "sqlite:" + file, connection, folder);
    }

    private static async Task<SiteUnderTest> PostgresAsync()
    {
        var address = await NewPostgresAsync();
        var connection = new NpgsqlConnection(StorageMigration.Urls.PostgresAddress.Read(address).ConnectionString);
        await connection.OpenAsync(Cancel);
        return new(Postgres, address, connection);
    }
}
