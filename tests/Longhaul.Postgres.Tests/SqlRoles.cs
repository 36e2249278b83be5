namespace Longhaul.Postgres.Tests;

/// <summary>Roles for one test, named after its schema, since they belong to the whole server.</summary>
public sealed class SqlRoles(PostgresFixture fixture, SqlSession admin) : IAsyncDisposable
{
    private static readonly string[] Kinds = ["worker", "producer", "reader", "operator", "nobody", "owner"];

    /// <summary>The role of a kind.</summary>
    public string this[string kind] => $"{fixture.Schema}_{kind}";

    /// <summary>Makes all roles and grants each what it is for. The tenant may enqueue, read and act.</summary>
    public async Task CreateAsync()
    {
        foreach (var kind in Kinds)
            await admin.RunAsync($"CREATE ROLE {this[kind]} LOGIN");
    }

    /// <summary>Grants each what it is for. An operator may enqueue too.</summary>
    public async Task GrantAsync(SqlSession owner)
    {
        await owner.RunAsync($"SELECT grant_roles('{this["worker"]}', '{this["producer"]}', '{this["reader"]}', '{this["operator"]}')");
        await owner.RunAsync($"SELECT grant_roles(producer => '{this["operator"]}')");
    }

    /// <summary>Another program, as one of them.</summary>
    public Task<SqlSession> OpenAsync(string kind) => SqlSession.OpenAsync(fixture, this[kind]);

    public async ValueTask DisposeAsync()
    {
        await admin.RunAsync($"DROP SCHEMA IF EXISTS \"{fixture.Schema}\" CASCADE");
        foreach (var kind in Kinds)
            await admin.RunAsync($"DROP OWNED BY {this[kind]} CASCADE; DROP ROLE {this[kind]}");
    }
}
