using System.Globalization;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Another program: a connection of its own, with the schema as its search path.</summary>
public sealed class SqlSession : IAsyncDisposable
{
    private SqlSession(NpgsqlConnection connection) => Connection = connection;

    public NpgsqlConnection Connection { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="fixture">Whose schema.</param>
    /// <param name="role">The role that it connects as; null: the fixture's own.</param>
    public static async Task<SqlSession> OpenAsync(PostgresFixture fixture, string? role = null)
    {
        var text = new NpgsqlConnectionStringBuilder(fixture.ConnectionString) { Pooling = false, SearchPath = $"\"{fixture.Schema}\"" };
        if (role is not null)
            text.Username = role;
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync(Cancel);
        return new(connection);
    }

    /// <summary>How many rows it changed.</summary>
    public async Task<int> RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, Connection) { CommandTimeout = 120 }; // DROP DATABASE waits for a checkpoint, which is slow on a busy disk
        return await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>The first column of the first row.</summary>
    public async Task<object?> AskAsync(string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, Connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(Cancel);
    }

    /// <summary>All rows, each a text with blanks between the columns.</summary>
    public async Task<string[]> ListAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, Connection);
        await using var rows = await command.ExecuteReaderAsync(Cancel);
        var list = new List<string>();
        while (await rows.ReadAsync(Cancel))
            list.Add(string.Join(' ', Enumerable.Range(0, rows.FieldCount).Select(i => rows.IsDBNull(i) ? "-" : Convert.ToString(rows.GetValue(i), CultureInfo.InvariantCulture))));
        return [.. list];
    }

    /// <summary>What the server says to a statement that it must refuse.</summary>
    public async Task<string> RefusalAsync(string sql) => (await Should.ThrowAsync<PostgresException>(() => RunAsync(sql))).MessageText;

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}
