using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace Longhaul.Servers;

/// <summary>Schemas that tests have left as good as new. To make one is more work for the server than most tests are.</summary>
public sealed class SchemaPool
{
    private readonly ConcurrentBag<string> _free = [];

    public static string NewName() => "test_" + Random.Shared.NextInt64().ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The name of a schema that is there, and empty; or of one that is not there.</summary>
    public (string Name, bool IsThere) Take() => _free.TryTake(out var name) ? (name, true) : (NewName(), false);

    /// <summary>Empties a schema that nobody uses any more, for a later test.</summary>
    public async Task GiveBackAsync(NpgsqlConnection connection, string name)
    {
        await using var empty = new NpgsqlCommand(
            $"""
            DO $$
            DECLARE
              v_used text := (SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class c
                WHERE c.relnamespace = '{name}'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('lh_schema', 'lh_audit_head') AND pg_relation_size(c.oid) > 0);
            BEGIN
              IF v_used IS NOT NULL THEN
                SET LOCAL session_replication_role = replica; -- no triggers: the audit is not to be emptied
                EXECUTE 'TRUNCATE ' || v_used || ' RESTART IDENTITY';
                UPDATE {name}.lh_audit_head SET first = 1, last = 0, hash = '';
              END IF;
              PERFORM setval('{name}.lh_job_id', 1, false);
            END $$
            """,
            connection);
        await empty.ExecuteNonQueryAsync();
        Add(name);
    }

    public void Add(string name) => _free.Add(name);
}
