using System.Data.Common;
using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Sqlite.Tests;

/// <summary>A new file in a folder of its own for each test.</summary>
public sealed class SqliteFixture : StoreFixture
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "jobs.db");

    public override IJobStore CreateStore() => new SqliteStore(new() { Path = Path, Clock = Clock });

    public override async Task<DbConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <summary>What another program reads in the file: a number or a text.</summary>
    public object? Ask(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>What another program changes in the file.</summary>
    public void Run(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
