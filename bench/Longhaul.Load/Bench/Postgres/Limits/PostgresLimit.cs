using System.Diagnostics;
using System.Globalization;
using Longhaul.Load.Bench.Limits;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Load.Bench.Postgres.Limits;

/// <summary>
/// The cheapest durable loops on PostgreSQL through Npgsql: a row with the payload that is never changed, a narrow row while it is pending, one
/// row for a whole claimed batch, which ends and claims in one statement. No names, no order but the id's, nothing kept of what is done.
/// </summary>
internal sealed class PostgresLimit : IDrainLimit
{
    public const int InsertBatch = 1_000;
    public const int ClaimBatch = 200;
    public const int Connections = 2;
    private const string Channel = "work";

    private readonly PostgresDatabase _database;

    public PostgresLimit(PostgresDatabase database)
    {
        _database = database;
        database.Do("""
            CREATE TABLE IF NOT EXISTS job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload text NOT NULL);
            CREATE TABLE IF NOT EXISTS ready (id bigint PRIMARY KEY);
            CREATE TABLE IF NOT EXISTS batch (token bigint PRIMARY KEY, ids bigint[] NOT NULL);
            """);
    }

    /// <summary>One insert and commit after the other, for so long, on so many connections. How many in all.</summary>
    public long InsertFor(TimeSpan time, int connections)
    {
        var count = 0L;
        var began = Stopwatch.GetTimestamp();
        OnThreads(connections, _ =>
        {
            using var connection = _database.Connect();
            using var insert = Insert(connection);
            for (; Stopwatch.GetElapsedTime(began) < time; Interlocked.Increment(ref count))
                insert.ExecuteNonQuery();
        });
        return count;
    }

    /// <summary>Inserts so many, a thousand a commit.</summary>
    public long Insert(int count)
    {
        using var connection = _database.Connect();
        using var insert = new NpgsqlCommand("WITH put AS (INSERT INTO job (payload) SELECT unnest($1) RETURNING id) INSERT INTO ready SELECT id FROM put", connection);
        var payloads = insert.Parameters.Add(new NpgsqlParameter<string[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, TypedValue = [] });
        insert.Prepare();
        var text = System.Text.Encoding.UTF8.GetString(Payloads.Bytes);
        for (var done = 0; done < count; done += InsertBatch)
        {
            payloads.Value = Enumerable.Repeat(text, Math.Min(InsertBatch, count - done)).ToArray();
            insert.ExecuteNonQuery();
        }

        return count;
    }

    /// <summary>Claims and ends so many on two connections, 200 at a time. How many.</summary>
    public long Drain(int count = int.MaxValue) => Drain(count, Connections);

    /// <inheritdoc cref="Drain(int)"/>
    public long Drain(int count, int connections)
    {
        var done = 0L;
        OnThreads(connections, number =>
        {
            using var connection = _database.Connect();
            using var step = Step(connection, out var ended, out var token);
            var random = new Random(number);
            for (var held = 1; held > 0;)
            {
                token.TypedValue = Interlocked.Read(ref done) < count ? random.NextInt64(1, long.MaxValue) : 0;
                held = Read(step);
                Interlocked.Add(ref done, held);
                ended.TypedValue = token.TypedValue;
            }
        });
        return done;
    }

    /// <summary>Inserts with a notification, and claims on another connection what it tells of; milliseconds from the insert to the claimed job, one each so often.</summary>
    public List<double> PickUps(int count, TimeSpan pause)
    {
        List<double> took = [];
        using var ready = new SemaphoreSlim(0);
        using var claimed = new SemaphoreSlim(0);
        var at = 0L;
        OnThreads(2, number =>
        {
            using var connection = _database.Connect();
            if (number == 0)
            {
                using var insert = Insert(connection, $"; NOTIFY {Channel}");
                ready.Wait();
                for (var i = 0; i < count; i++)
                {
                    Volatile.Write(ref at, Stopwatch.GetTimestamp());
                    insert.ExecuteNonQuery();
                    claimed.Wait();
                    Thread.Sleep(pause);
                }

                return;
            }

            PostgresDatabase.Do(connection, $"LISTEN {Channel}");
            using var working = _database.Connect();
            using var step = Step(working, out var ended, out var token);
            var random = new Random(number);
            ready.Release();
            while (took.Count < count)
            {
                connection.Wait();
                token.TypedValue = random.NextInt64(1, long.MaxValue);
                if (Read(step) > 0)
                {
                    took.Add(Stopwatch.GetElapsedTime(Volatile.Read(ref at)).TotalMilliseconds);
                    ended.TypedValue = token.TypedValue;
                    claimed.Release();
                }
            }
        });
        return took;
    }

    public void Dispose()
    {
        // The database is its owner's.
    }

    private static NpgsqlCommand Insert(NpgsqlConnection connection, string more = "")
    {
        const string Sql = "WITH put AS (INSERT INTO job (payload) VALUES ($1) RETURNING id) INSERT INTO ready SELECT id FROM put";
        var text = System.Text.Encoding.UTF8.GetString(Payloads.Bytes);
        var insert = new NpgsqlCommand(more.Length == 0 ? Sql : $"{Sql.Replace("$1", $"'{text}'", StringComparison.Ordinal)}{more}", connection);
        if (more.Length == 0)
        {
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
            insert.Prepare();
        }

        return insert;
    }

    /// <summary>Ends a batch and claims another, in one round trip and one commit.</summary>
    private static NpgsqlCommand Step(NpgsqlConnection connection, out NpgsqlParameter<long> ended, out NpgsqlParameter<long> token)
    {
        var step = new NpgsqlCommand($"""
            WITH ended AS (DELETE FROM batch WHERE token = $1 RETURNING ids),
            gone AS (DELETE FROM job USING (SELECT unnest(ids) AS id FROM ended) e WHERE job.id = e.id),
            head AS MATERIALIZED (SELECT id FROM ready WHERE $2 <> 0 ORDER BY id LIMIT {ClaimBatch.ToString(CultureInfo.InvariantCulture)} FOR UPDATE SKIP LOCKED),
            taken AS (DELETE FROM ready USING head WHERE ready.id = head.id RETURNING ready.id),
            put AS (INSERT INTO batch SELECT $2, array_agg(id) FROM taken HAVING count(*) > 0)
            SELECT job.id, payload FROM taken JOIN job ON job.id = taken.id
            """, connection);
        step.Parameters.Add(ended = new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint, TypedValue = 0 });
        step.Parameters.Add(token = new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint, TypedValue = 0 });
        step.Prepare();
        return step;
    }

    private static int Read(NpgsqlCommand step)
    {
        using var reader = step.ExecuteReader();
        var read = 0;
        for (; reader.Read(); read++)
        {
            if (reader.GetInt64(0) <= 0 || reader.GetString(1).Length != Payloads.Size)
                throw new InvalidOperationException("A payload came back in another size.");
        }

        return read;
    }

    private static void OnThreads(int count, Action<int> work)
    {
        List<Exception> faults = [];
        var threads = Enumerable.Range(0, count).Select(number => new Thread(() =>
        {
            try
            {
                work(number);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
            {
                lock (faults)
                    faults.Add(e);
            }
        })).ToList();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (faults.Count > 0)
            throw new InvalidOperationException("The limit's loop failed.", faults[0]);
    }
}
