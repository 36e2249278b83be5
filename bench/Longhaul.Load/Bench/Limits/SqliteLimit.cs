using System.Diagnostics;
using SQLitePCL;

namespace Longhaul.Load.Bench.Limits;

/// <summary>
/// The cheapest loops that insert, claim and delete on SQLite: one connection without mutex, one table, prepared statements, WAL with SQLite's own
/// settings. Whatever a durable queue does, it does this and more.
/// </summary>
internal sealed class SqliteLimit : IDrainLimit
{
    public const int InsertBatch = 1_000;
    public const int ClaimBatch = 200;

    // Microsoft.Data.Sqlite adds a managed command around each of these calls; the limit is what SQLite can do.
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _insert;
    private readonly sqlite3_stmt _claim;
    private readonly sqlite3_stmt _delete;
    private readonly long _firstToken;
    private long _tokens;

    private SqliteLimit(sqlite3 db, long firstToken)
    {
        _db = db;
        _firstToken = firstToken;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _insert = Prepare("INSERT INTO job (token, payload) VALUES (0, ?1)");
        _claim = Prepare("UPDATE job SET token = ?1 WHERE id IN (SELECT id FROM job WHERE token = 0 ORDER BY id LIMIT ?2) RETURNING id, payload");
        _delete = Prepare("DELETE FROM job WHERE id = ?1 AND token = ?2");
    }

    public static SqliteLimit Open(string path, string synchronous, int connection = 0)
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open_v2(path, out var db, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null), db);
        _ = raw.sqlite3_busy_timeout(db, 10_000);
        Check(raw.sqlite3_exec(db, "PRAGMA journal_mode = WAL"), db);
        Check(raw.sqlite3_exec(db, $"PRAGMA synchronous = {synchronous}"), db);
        Check(raw.sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, token INTEGER NOT NULL, payload BLOB NOT NULL)"), db);
        return new SqliteLimit(db, connection * 1_000_000_000L);
    }

    /// <summary>Inserts so many, a thousand a commit.</summary>
    public long Insert(int count)
    {
        for (var done = 0; done < count; done += InsertBatch)
        {
            Run(_begin);
            for (var i = Math.Min(InsertBatch, count - done); i > 0; i--)
                InsertOne();
            Run(_commit);
        }

        return count;
    }

    /// <summary>Inserts for so long, so many a commit. How many in all.</summary>
    public long InsertFor(TimeSpan time, int batch)
    {
        var began = Stopwatch.GetTimestamp();
        var count = 0L;
        for (; Stopwatch.GetElapsedTime(began) < time; count += batch)
        {
            if (batch == 1)
            {
                InsertOne();
                continue;
            }

            Run(_begin);
            for (var i = 0; i < batch; i++)
                InsertOne();
            Run(_commit);
        }

        return count;
    }

    /// <summary>Claims and deletes until so many are gone, or none is left: a commit for each claim, and one for its deletions. How many went.</summary>
    public long Drain(int count = int.MaxValue)
    {
        var done = 0L;
        while (done < count && ClaimAndDelete(ClaimBatch) is var more and > 0)
            done += more;
        return done;
    }

    /// <summary>Inserts one, claims it and deletes it. Milliseconds from the insert to the claimed job.</summary>
    public double PickUpOne()
    {
        var began = Stopwatch.GetTimestamp();
        InsertOne();
        var token = NextToken();
        var id = Claim(token, 1).Single();
        var took = Stopwatch.GetElapsedTime(began);
        DeleteOne(id, token);
        return took.TotalMilliseconds;
    }

    public void Dispose()
    {
        foreach (var statement in (sqlite3_stmt[])[_begin, _commit, _insert, _claim, _delete])
            statement.Dispose();
        _db.Dispose();
    }

    private int ClaimAndDelete(int limit)
    {
        var token = NextToken();
        Run(_begin);
        var ids = Claim(token, limit);
        Run(_commit);
        if (ids.Count == 0)
            return 0;

        Run(_begin);
        foreach (var id in ids)
            DeleteOne(id, token);
        Run(_commit);
        return ids.Count;
    }

    private List<long> Claim(long token, int limit)
    {
        List<long> ids = new(limit);
        _ = raw.sqlite3_bind_int64(_claim, 1, token);
        _ = raw.sqlite3_bind_int64(_claim, 2, limit);
        int code;
        while ((code = raw.sqlite3_step(_claim)) == raw.SQLITE_ROW)
        {
            ids.Add(raw.sqlite3_column_int64(_claim, 0));
            if (raw.sqlite3_column_blob(_claim, 1).Length != Payloads.Size)
                throw new InvalidOperationException("A payload came back in another size.");
        }

        _ = raw.sqlite3_reset(_claim);
        return code == raw.SQLITE_DONE ? ids : throw Fault(_db, code);
    }

    private long NextToken() => _firstToken + ++_tokens;

    private void InsertOne()
    {
        _ = raw.sqlite3_bind_blob(_insert, 1, Payloads.Bytes);
        Run(_insert);
    }

    private void DeleteOne(long id, long token)
    {
        _ = raw.sqlite3_bind_int64(_delete, 1, id);
        _ = raw.sqlite3_bind_int64(_delete, 2, token);
        Run(_delete);
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_db, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement), _db);
        return statement;
    }

    private void Run(sqlite3_stmt statement)
    {
        var code = raw.sqlite3_step(statement);
        _ = raw.sqlite3_reset(statement);
        if (code != raw.SQLITE_DONE)
            throw Fault(_db, code);
    }

    private static void Check(int code, sqlite3 db)
    {
        if (code != raw.SQLITE_OK)
            throw Fault(db, code);
    }

    private static InvalidOperationException Fault(sqlite3 db, int code) => new($"SQLite error {code}: {raw.sqlite3_errmsg(db).utf8_to_string()}");
}
