using System.Diagnostics;
using System.Globalization;
using Longhaul.Conformance;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>What <c>longhaul migrate --print</c> prints can be pasted into a database's own SQL editor.</summary>
public sealed class ScriptTests : ConformanceTest<PostgresFixture>
{
    [Theory]
    [InlineData("longhaul")]
    [InlineData("My Jobs")]
    public async Task The_script_runs_in_psql_on_an_empty_database(string schema)
    {
        var database = Fixture.Schema + "_script";
        await using var admin = await SqlSession.OpenAsync(Fixture);
        await admin.RunAsync($"CREATE DATABASE {database}");
        try
        {
            var text = new NpgsqlConnectionStringBuilder(Fixture.ConnectionString) { Database = database, Pooling = false };
            await using var store = new PostgresStore(new() { ConnectionString = text.ConnectionString, Schema = schema });

            await PsqlAsync(text, store.SchemaScript);

            await store.OpenAsync(migrate: false, Cancel);
            (await PsqlAsync(text, $$"""SET search_path = "{{schema}}"; SELECT enqueue('test.job', '{"n":1}', queue => 'emails'); SELECT queue, payload FROM jobs;"""))
                .Split('\n').ShouldBe(["1", """emails|{"n":1}"""]);
            (await store.TakeIdsAsync(1, null, Cancel)).ShouldBe(new JobId(2));
            await Should.ThrowAsync<InvalidOperationException>(() => PsqlAsync(text, store.SchemaScript)); // it is for an empty schema, and changes no other
            (await PsqlAsync(text, $"""SELECT count(*) FROM "{schema}".jobs""")).ShouldBe("1");
        }
        finally
        {
            await admin.RunAsync($"DROP DATABASE {database} WITH (FORCE)");
        }
    }

    [Fact]
    public async Task The_script_makes_what_the_program_makes()
    {
        await using var sql = await SqlSession.OpenAsync(Fixture);
        var before = await CatalogueAsync(sql);
        await sql.RunAsync($"DROP SCHEMA \"{Fixture.Schema}\" CASCADE");

        await sql.RunAsync(Store.SchemaScript);

        (await CatalogueAsync(sql)).ShouldBe(before);
    }

    private Task<string[]> CatalogueAsync(SqlSession sql) => sql.ListAsync($"""
        SELECT 'class', relname::text, relkind::text, relacl::text FROM pg_class WHERE relnamespace = '{Fixture.Schema}'::regnamespace
        UNION ALL SELECT 'function', oid::regprocedure::text, md5(prosrc), proacl::text FROM pg_proc WHERE pronamespace = '{Fixture.Schema}'::regnamespace
        UNION ALL SELECT 'trigger', t.tgname::text, c.relname::text, '' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = '{Fixture.Schema}'::regnamespace
        ORDER BY 1, 2, 3
        """);

    private static async Task<string> PsqlAsync(NpgsqlConnectionStringBuilder text, string script)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, script, Cancel);
        using var psql = Process.Start(new ProcessStartInfo("psql", ["-h", text.Host!, "-p", text.Port.ToString(CultureInfo.InvariantCulture), "-U", text.Username!,
            "-d", text.Database!, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", file])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = psql.StandardOutput.ReadToEndAsync(Cancel);
        var errors = psql.StandardError.ReadToEndAsync(Cancel);
        await psql.WaitForExitAsync(Cancel);
        File.Delete(file);
        return psql.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"psql ended with {psql.ExitCode}: {await errors}");
    }
}
