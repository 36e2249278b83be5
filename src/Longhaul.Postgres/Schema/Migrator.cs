using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Brings the schema up to date: <c>Migrations/NNN-*.sql</c> once each, in order, then functions and views, which are replaced whole.</summary>
/// <remarks>
/// Any number of processes may start at once: an advisory lock lets one at a time in, and whoever comes second finds it done. Within a major
/// version migrations only add, so that programs of the release before go on; the schema says which is the oldest program that it admits.
/// </remarks>
internal sealed class Migrator(Database database)
{
    /// <summary>The oldest schema version whose programs can work on this one.</summary>
    private const int OldestAdmitted = 1;

    private static readonly IReadOnlyList<string> Migrations = SqlText.Folder("Migrations");

    private static readonly IReadOnlyList<string> Replaced = [.. SqlText.Folder("Functions"), .. SqlText.Folder("Schema")];

    private static readonly string ReplacedHash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(Replaced))));

    public static int Newest => Migrations.Count;

    private static Version Program { get; } = Assembly.GetExecutingAssembly().GetName().Version ?? new(0, 0);

    /// <summary>The whole schema as one script, for a database's own SQL editor.</summary>
    public static string Script(SchemaName schema) => schema.Fill($"""
        BEGIN;
        SET LOCAL check_function_bodies = off;
        {Base}
        {string.Join('\n', Migrations)}
        {string.Join('\n', Replaced)}
        INSERT INTO {"{schema}"}.lh_schema (version, oldest, program, replaced) VALUES ({Newest}, {OldestAdmitted}, '{Program}', '{ReplacedHash}');
        COMMIT;

        """);

    private static string Base => """
        CREATE SCHEMA IF NOT EXISTS {schema};
        CREATE TABLE IF NOT EXISTS {schema}.lh_schema (
          version int NOT NULL,
          oldest int NOT NULL, -- the oldest schema version whose programs are admitted
          program text NOT NULL, -- that replaced functions and views last
          replaced text NOT NULL, -- their hash
          store uuid NOT NULL DEFAULT gen_random_uuid() -- tells this store from a copy of it elsewhere
        );
        """;

    /// <summary>Checks the schema, and with <paramref name="migrate"/> brings it up to date first. Answers the store's own id.</summary>
    public async Task<Guid> OpenAsync(bool migrate, CancellationToken cancellationToken)
    {
        var state = await database.ReadAsync(ReadAsync, cancellationToken).ConfigureAwait(false);
        if (migrate && MustMigrate(state))
        {
            await database.RunAsync(MigrateAsync, cancellationToken).ConfigureAwait(false);
            state = await database.ReadAsync(ReadAsync, cancellationToken).ConfigureAwait(false);
        }

        Check(state);
        return state!.Store;
    }

    private static bool MustMigrate(SchemaState? state) => state is null || state.Version < Newest || (state.Version == Newest && IsOutdated(state));

    /// <summary>Functions and views of an older program are replaced; those of a newer one are left, for both work with them.</summary>
    private static bool IsOutdated(SchemaState state)
        => state.Replaced != ReplacedHash && (!Version.TryParse(state.Program, out var program) || program <= Program);

    /// <summary>A schema that is not there yet, or older, is waited for: somebody is about to bring it up to date.</summary>
    private void Check(SchemaState? state)
    {
        if (state is null)
            throw new StoreUnavailableException($"{database.Address} must hold Longhaul's schema, but has none yet; run 'longhaul migrate', or let the program do it (AutoMigrate).");
        if (state.Version < Newest)
        {
            throw new StoreUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"The schema of {database.Address} must have version {Newest}, but has {state.Version}; run 'longhaul migrate', or let the program do it (AutoMigrate)."));
        }

        if (state.Oldest > Newest)
        {
            throw new StoreException(string.Create(CultureInfo.InvariantCulture,
                $"The schema of {database.Address} has version {state.Version} and admits programs from version {state.Oldest} on, but this program knows {Newest}; update the program."));
        }
    }

    private async Task<SchemaState?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var exists = connection.Command(database.Sql["Schema.Exists"]).With(database.Schema.Name);
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            return null;
        using var read = connection.Command(database.Sql["Schema.Read"]);
        using var row = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new(row.GetInt32(0), row.GetInt32(1), row.GetString(2), row.GetString(3), row.GetGuid(4))
            : null;
    }

    private async Task MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, database.Sql["Schema.Begin"], cancellationToken).ConfigureAwait(false);
        using (var wait = connection.Command(database.Sql["Schema.Lock"]))
        {
            wait.CommandTimeout = 0; // whoever migrates before us may take its time
            _ = await wait.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        var state = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        if (MustMigrate(state))
        {
            if (state is null)
                await ExecuteAsync(connection, database.Schema.Fill(Base), cancellationToken).ConfigureAwait(false);
            foreach (var script in Migrations.Skip(state?.Version ?? 0).Concat(Replaced))
                await ExecuteAsync(connection, database.Schema.Fill(script), cancellationToken).ConfigureAwait(false);
            using var write = connection.Command(database.Sql[state is null ? "Schema.Insert" : "Schema.Update"])
                .With(Newest).With(OldestAdmitted).With(Program.ToString()).With(ReplacedHash);
            _ = await write.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        using var command = connection.Command(sql);
        command.CommandTimeout = 0; // a migration of a large table takes what it takes
        _ = await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private sealed record SchemaState(int Version, int Oldest, string Program, string Replaced, Guid Store);
}
