using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace StorageMigration.Tests.Campaign;

/// <summary>How much, and how often it is killed.</summary>
/// <param name="Small">Objects of up to 64 KB.</param>
/// <param name="Medium">Objects of 1 MB.</param>
/// <param name="Large">Objects of 20 MB.</param>
/// <param name="Kills">Times that the worker is killed.</param>
/// <param name="Stops">Times that the S3 server is killed, and started again a while later.</param>
/// <param name="Seed">Of contents and moments.</param>
internal sealed record MigrationKillsPlan(int Small, int Medium, int Large, int Kills, int Stops, int Seed)
{
    /// <summary>The size that must hold.</summary>
    public static MigrationKillsPlan Acceptance(int seed) => new(19_800, 180, 20, 20, 5, seed);

    /// <param name="text">Six numbers with commas between, in the order of the constructor.</param>
    public static MigrationKillsPlan Parse(string text)
    {
        int[] numbers = [.. text.Split(',').Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
        return numbers is [var small, var medium, var large, var kills, var stops, var seed]
            ? new(small, medium, large, kills, stops, seed)
            : throw new FormatException($"A plan must have six numbers: small, medium, large, kills, stops, seed; but was '{text}'.");
    }
}

/// <summary>How it went.</summary>
/// <param name="Check">What the target lacks.</param>
/// <param name="Result">The job's result, as JSON.</param>
/// <param name="DryReport">The report of a dry run before it, as JSON.</param>
/// <param name="DryWrites">What the server was asked to write or delete during the dry run.</param>
/// <param name="Kills">Kills that met a worker at work.</param>
/// <param name="Stops">Stops of the server in the middle.</param>
/// <param name="WrittenAgain">Objects that were written anew after each kill: those in flight.</param>
/// <param name="RepeatedSeconds">The same as time, at the pace before that kill.</param>
internal sealed record MigrationKillsResult(
    SampleCheck Check, JsonElement Result, JsonElement DryReport, int DryWrites, int Kills, int Stops, IReadOnlyList<long> WrittenAgain, IReadOnlyList<double> RepeatedSeconds);

/// <summary>A migration between two buckets of a real S3 server, under kills of the worker and of the server. Without any test framework: campaigns run it too.</summary>
internal sealed class MigrationKills(string program, string scripts, string folder, MigrationKillsPlan plan, Action<string> tell)
{
    private const string From = "old", To = "new";

    private static readonly TimeSpan LongestRun = TimeSpan.FromHours(2);

    private readonly TimeSpan _look = TimeSpan.FromMilliseconds(25 + (plan.Small / 50)); // a look counts rows
    private readonly Random _random = new(plan.Seed);
    private readonly string _root = Path.Combine(folder, "storage");
    private string _dryRun = "";

    public async Task<MigrationKillsResult> RunAsync(CancellationToken cancellationToken)
    {
        var objects = new SampleObjects(plan.Small, plan.Medium, plan.Large, plan.Seed);
        await using var server = await S3Server.StartAsync(scripts, Path.Combine(folder, "s3"), partDelay: 0, From, To);
        using var client = server.Client();
        await objects.WriteAsync(client, From, cancellationToken);
        tell($"{objects.Count} objects written");

        var settings = new Dictionary<string, string> { ["Root"] = _root, ["Source"] = server.Address(From), ["Target"] = server.Address(To), ["BatchSize"] = "20", ["CheckpointEvery"] = "5" };
        var worker = new MigrationProcess(program, settings, "work");
        var writes = server.Log().Length;
        var dry = await TellAsync(settings, cancellationToken);
        var dryWrites = server.Log().Length - writes;
        using var migrate = new MigrationProcess(program, settings, "image-migration/migrate");
        var kills = new List<(long WrittenAgain, double Pace)>();
        var stops = 0;
        try
        {
            foreach (var (steps, isStop) in Moments(2L * objects.Count))
            {
                if (await ReachAsync(steps, migrate, cancellationToken) is not { } pace)
                    break; // it was faster
                if (isStop)
                {
                    await server.KillAsync();
                    await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(200, 3_000)), TimeProvider.System, cancellationToken);
                    await server.StartAgainAsync();
                    tell($"stop {++stops} of the server, at step {steps}");
                }
                else
                {
                    await worker.KillAsync();
                    worker.Dispose();
                    kills.Add((Read().WrittenAgain, pace > 0 ? pace : kills.LastOrDefault().Pace)); // two moments may be one
                    worker = new MigrationProcess(program, settings, "work");
                    tell($"kill {kills.Count}, at step {steps}");
                }
            }

            var result = await ResultAsync(migrate, cancellationToken);
            long[] totals = [.. kills.Select(static kill => kill.WrittenAgain), Read().WrittenAgain];
            long[] again = [.. totals.Skip(1).Zip(totals, static (after, before) => after - before)];
            return new MigrationKillsResult(
                await objects.CheckAsync(client, To, cancellationToken), result, dry, dryWrites, kills.Count, stops,
                again, [.. again.Zip(kills, static (objects, kill) => kill.Pace > 0 ? objects / kill.Pace : 0)]);
        }
        finally
        {
            if (!worker.HasEnded)
                await worker.KillAsync();
            worker.Dispose();
        }
    }

    /// <summary>A dry run; nobody is killed.</summary>
    private async Task<JsonElement> TellAsync(Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        using var dry = new MigrationProcess(program, settings, "image-migration/migrate", "--dryRun");
        var result = await ResultAsync(dry, cancellationToken);
        _dryRun = result.GetProperty("checkpointId").GetString()!;
        return result.GetProperty("report");
    }

    /// <summary>What the command says last.</summary>
    private static async Task<JsonElement> ResultAsync(MigrationProcess migrate, CancellationToken cancellationToken)
    {
        var (code, lines, error) = await migrate.EndAsync(LongestRun, cancellationToken);
        return code == 0
            ? JsonSerializer.Deserialize<JsonElement>(lines[^1])
            : throw new InvalidOperationException($"The migration must end with 0, but ended with {code}: {error}{string.Join('\n', lines.TakeLast(5))}");
    }

    /// <summary>Kills and stops in a random order, at random steps; a step is an object copied or verified.</summary>
    private IEnumerable<(long Steps, bool IsStop)> Moments(long steps)
        => Enumerable.Range(0, plan.Kills + plan.Stops)
            .Select(number => (Steps: (long)(steps * (0.05 + (0.9 * _random.NextDouble()))), IsStop: number < plan.Stops))
            .OrderBy(static moment => moment.Steps);

    /// <returns>The pace lately, in steps a second; null: the migration has ended.</returns>
    private async Task<double?> ReachAsync(long steps, MigrationProcess migrate, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        var first = Read().Steps;
        while (!migrate.HasEnded)
        {
            var now = Read().Steps;
            if (now >= steps)
                return (now - first) / Math.Max(0.1, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
            await Task.Delay(_look, TimeProvider.System, cancellationToken);
        }

        return null;
    }

    /// <summary>The migration's own notes, as exact as they can be while it runs.</summary>
    private (long Steps, long WrittenAgain) Read()
    {
        var ledger = Path.Combine(_root, "migration-objects.db");
        if (!File.Exists(ledger))
            return default;
        try
        {
            using var connection = new SqliteConnection($"Data Source={ledger};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FILTER (WHERE action <> 'copying') + coalesce(sum(verified), 0), coalesce(sum(max(writes - 1, 0)), 0) FROM objects WHERE checkpoint <> @dry";
            command.Parameters.AddWithValue("@dry", _dryRun);
            using var row = command.ExecuteReader();
            row.Read();
            return (row.GetInt64(0), row.GetInt64(1));
        }
        catch (SqliteException)
        {
            return default; // it is being made
        }
    }
}
