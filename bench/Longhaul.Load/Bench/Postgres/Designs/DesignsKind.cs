using System.Diagnostics;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Load.Bench.Postgres.Designs;

/// <summary>Claims and ends no-op jobs by each design, in SQL alone: what is found here is what the database can give, before any engine.</summary>
internal sealed class DesignsKind(PostgresGround ground)
{
    private const int Fresh = 200_000;
    private const int Million = 1_000_000;
    private const int Held = 600_000;
    private const int Claim = 200;
    private const int Connections = 2;

    /// <summary>The drain as such, with a million pending, and beside a session that holds a snapshot.</summary>
    public IEnumerable<Case> All()
    {
        yield return Make("fresh", Fresh, Fresh, held: false);
        yield return Make("million", Million, Fresh, held: false);
        yield return Make("long", Held, Held, held: false);
        yield return Make("held", Held, Held, held: true);
    }

    private Case Make(string mode, int jobs, int drained, bool held) => new("designs", mode,
        [.. Design.All.Select(design => new Contender(design.Name, effort => Task.Run<IReadOnlyList<Figure>>(() => Measure(design, mode, effort.Count(jobs), effort.Count(drained), held))))])
    {
        WarmUp = 0,
    };

    private Figure[] Measure(Design design, string mode, int jobs, int drained, bool held)
    {
        using var database = ground.CreateDatabase();
        database.Do(design.Script());
        database.Do($"SELECT fill({Text(jobs)}, {Text(design.Range)}, '{System.Text.Encoding.UTF8.GetString(Payloads.Bytes)}')");
        database.Settle();
        using var holder = held ? database.Hold() : null;

        double first, last;
        var before = database.Count();
        var began = Stopwatch.GetTimestamp();
        double seconds;
        using (var drain = new Drain(database, design, drained))
        {
            drain.Run();
            seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            (first, last) = (drain.Rate(0), drain.Rate(Drain.Fifths - 1));
        }

        var counted = database.Count() - before;
        var name = $"designs@{mode}";
        List<Figure> figures =
        [
            new(name, drained / seconds, "jobs/s"),
            .. counted.Figures(name, drained).Take(2),
            new($"{name}-server-pages", counted.Pages / (drained / (double)Claim), "pages/claim"),
        ];
        if (jobs == drained && drained > Fresh)
            figures.AddRange([new($"{name}-first", first, "jobs/s"), new($"{name}-last", last, "jobs/s"), new($"{name}-beat", database.PagesOf("SELECT beat()"), "pages")]);
        return [.. figures];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Two connections that claim and end in one call, each on a thread.</summary>
    private sealed class Drain(PostgresDatabase database, Design design, int count) : IDisposable
    {
        public const int Fifths = 5;
        private readonly NpgsqlConnection[] _connections = [.. Enumerable.Range(0, Connections).Select(_ => database.Connect())];
        private readonly long[] _passed = new long[Fifths + 1];
        private readonly long[] _segments = new long[Connections];
        private readonly CancellationTokenSource _over = new();
        private long _done;

        public void Run()
        {
            _passed[0] = Stopwatch.GetTimestamp();
            List<Exception> faults = [];
            var threads = Enumerable.Range(0, Connections).Select(i => new Thread(() =>
            {
                try
                {
                    Work(i);
                    PostgresDatabase.Do(_connections[i], "SELECT pg_stat_force_next_flush()");
                }
                catch (NpgsqlException e)
                {
                    lock (faults)
                        faults.Add(e);
                }
            })).ToList();
            foreach (var thread in threads)
                thread.Start();
            var janitor = design.Segments ? Task.Run(TruncateAsync) : Task.CompletedTask;
            foreach (var thread in threads)
                thread.Join();
            _over.Cancel();
#pragma warning disable VSTHRD002 // this thread measures, and has nothing else to do
            janitor.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            if (faults.Count > 0)
                throw new InvalidOperationException($"{design.Name} failed", faults[0]);
        }

        public double Rate(int fifth) => count / (double)Fifths / Stopwatch.GetElapsedTime(_passed[fifth], _passed[fifth + 1]).TotalSeconds;

        public void Dispose()
        {
            _over.Dispose();
            foreach (var connection in _connections)
                connection.Dispose();
        }

        private void Work(int number)
        {
            using var step = new NpgsqlCommand("SELECT id, token, payload FROM step($1, $2, $3, $4, $5, $6)", _connections[number]);
            var ids = step.Parameters.Add(new NpgsqlParameter<long[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, TypedValue = [] });
            var tokens = step.Parameters.Add(new NpgsqlParameter<long[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, TypedValue = [] });
            var secret = new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint };
            step.Parameters.Add(secret);
            var wanted = new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer, TypedValue = Claim };
            step.Parameters.Add(wanted);
            step.Parameters.Add(new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer, TypedValue = design.Rows(Claim) });
            var low = new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint };
            step.Parameters.Add(low);
            step.Prepare();

            List<long> held = [], marks = [];
            var random = new Random(number);
            var rescan = Stopwatch.GetTimestamp();
            while (true)
            {
                // All but the last piece are ended by calls of their own, which claim nothing.
                for (var piece = 0; piece < design.Pieces; piece++)
                {
                    ids.Value = Piece(held, piece);
                    tokens.Value = Piece(marks, piece);
                    if (piece == design.Pieces - 1)
                        break;
                    wanted.TypedValue = 0;
                    if (((long[])ids.Value).Length > 0)
                        step.ExecuteNonQuery();
                }

                var ended = held.Count;
                wanted.TypedValue = Interlocked.Read(ref _done) + ended >= count ? 0 : Claim;
                secret.TypedValue = random.NextInt64(1, long.MaxValue);
                if (design.Segments)
                {
                    low.TypedValue = Volatile.Read(ref _segments[number]);
                }
                else if (design.Hint && Stopwatch.GetElapsedTime(rescan).TotalSeconds > 1)
                {
                    (low.TypedValue, rescan) = (0, Stopwatch.GetTimestamp());
                }

                held.Clear();
                marks.Clear();
                using (var reader = step.ExecuteReader())
                {
                    while (reader.Read())
                    {
                        held.Add(reader.GetInt64(0));
                        marks.Add(reader.GetInt64(1));
                        if (reader.GetString(2).Length != Payloads.Size)
                            throw new InvalidOperationException("A payload came back in another size.");
                    }
                }

                Count(ended);
                if (design.Hint)
                    low.TypedValue = held.Count > 0 ? held.Max() : 0;
                if (held.Count > 0)
                    continue;
                if (design.Segments && Interlocked.Read(ref _done) < count && _segments[number] < (count - 1) / 50_000)
                    Interlocked.Increment(ref _segments[number]);
                else if (ended == 0)
                    return;
            }
        }

        private long[] Piece(List<long> all, int piece)
            => design.Pieces == 1 ? [.. all] : [.. all.Where((_, i) => i % design.Pieces == piece)];

        private void Count(int more)
        {
            if (more == 0)
                return;
            var done = Interlocked.Add(ref _done, more);
            for (var fifth = 1; fifth <= Fifths; fifth++)
            {
                var mark = (long)count * fifth / Fifths;
                if (done >= mark && done - more < mark)
                    _passed[fifth] = Stopwatch.GetTimestamp();
            }
        }

        /// <summary>Empties what all connections have left behind.</summary>
        private async Task TruncateAsync()
        {
            using var connection = database.Connect();
            PostgresDatabase.Do(connection, "SET lock_timeout = '50ms'");
            var next = 0L;
            while (!_over.IsCancellationRequested)
            {
                await Task.Delay(100);
                var reached = _segments.Min(static (long s) => s);
                for (; next < reached; next++)
                {
                    try
                    {
                        PostgresDatabase.Do(connection, $"TRUNCATE ready_{next.ToString(CultureInfo.InvariantCulture)}");
                    }
                    catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
                    {
                        break;
                    }
                }
            }
        }
    }
}
