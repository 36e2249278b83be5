using System.Globalization;
using System.Text.Json.Nodes;
using Longhaul.Servers;
using Npgsql;
using StorageMigration.Tests.Campaign;
using StorageMigration.Tests.Urls;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign url</c>: addresses replaced in the texts of a site, by a process that is killed again and again; then how fast rows are looked at that hold none.</summary>
internal sealed class UrlCampaign(string store, int rows, int kills, int seed) : IAsyncDisposable
{
    private const string Command = "url-replacement/replace-s3-urls";

    /// <summary>Rows a second where nothing matches, on PostgreSQL.</summary>
    private const double Fast = 50_000;

    private const int Looks = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-url-");
    private PostgresServer? _server;

    private bool IsPostgres => store == CampaignArguments.Postgres;

    private string Root => Path.Combine(_folder.FullName, "root");

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var campaign = new UrlCampaign(arguments.Store, arguments.Number("rows", 1_000_000), arguments.Number("kills", 20), arguments.Seed ?? 1);
        return await campaign.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<CampaignOutcome> RunAsync()
    {
        _server = IsPostgres ? await PostgresServer.StartAsync(durable: true, "shared_buffers=1GB", "max_wal_size=4GB") : null;
        var database = _server?.Url() ?? $"sqlite:{Path.Combine(_folder.FullName, "site.db")}";
        var broken = new List<string>();
        var (start, fillAndKill) = (TimeProvider.System.GetTimestamp(), TimeSpan.Zero);
        UrlReplacementOutcome? outcome = null;
        try
        {
            var scenario = new UrlReplacementScenario { Database = database, Root = Root, Program = MigrationProgram.Path, Rows = rows, Kills = kills, Seed = seed, Log = CrashCampaign.Tell };
            outcome = await scenario.RunAsync(CancellationToken.None);
            fillAndKill = TimeProvider.System.GetElapsedTime(start);
        }
        catch (ScenarioFailedException e)
        {
            broken.Add(e.Message);
        }

        var speeds = new List<double>();
        for (var look = 1; outcome is not null && look <= Looks; look++)
        {
            speeds.Add(await LookAsync(database));
            CrashCampaign.Tell($"look {look}: {speeds[^1]:0} rows/s where nothing matches");
        }

        speeds.Sort();
        if (IsPostgres && CrashCampaign.At(speeds, 0.5) < Fast)
            broken.Add($"{Fast:0} rows/s must be looked at where nothing matches, but it were {CrashCampaign.At(speeds, 0.5):0}");
        return new CampaignOutcome
        {
            What = $"A site of {rows} rows in two tables, in whose texts and JSON an address is replaced by one that contains it, under {kills} kills of the process. After each, rows, backup and cursor are compared; the database itself counts the changes of each row. Then the same rows are gone through {Looks} times for an address that none has, each time by a process of its own, whose start counts.",
            Broken = broken,
            Unknown = outcome is not null && outcome.Kills < kills ? [$"the process was at work at {outcome.Kills} kills of {kills}"] : [],
            Figures = new JsonObject
            {
                ["rows"] = rows,
                ["kills"] = outcome?.Kills,
                ["rowsChanged"] = outcome?.RowsChanged,
                ["textsChanged"] = outcome?.TextsChanged,
                ["rowsPerSecondWhereNothingMatches"] = new JsonObject { ["p50"] = CrashCampaign.At(speeds, 0.5), ["min"] = CrashCampaign.At(speeds, 0), ["max"] = CrashCampaign.At(speeds, 1) },
                ["seed"] = seed,
                ["secondsUnderKills"] = Math.Round(fillAndKill.TotalSeconds),
                ["seconds"] = Math.Round(TimeProvider.System.GetElapsedTime(start).TotalSeconds),
            },
        };
    }

    /// <summary>Goes through all rows for an address that none has.</summary>
    /// <returns>Rows a second, the start of the process included.</returns>
    private async Task<double> LookAsync(string database)
    {
        var settings = new Dictionary<string, string> { ["Root"] = Root, ["Database"] = database, ["SourceAddress"] = "https://none.example.org/", ["TargetAddress"] = "https://cdn.example.org/" };
        var start = TimeProvider.System.GetTimestamp();
        using var process = new MigrationProcess(MigrationProgram.Path, settings, Command);
        var (code, lines, error) = await process.EndAsync(Patience, CancellationToken.None);
        var took = TimeProvider.System.GetElapsedTime(start);
        if (code != 0)
            throw new InvalidOperationException($"The command must end with 0, but ended with {code}: {error}{string.Join('\n', lines.TakeLast(5))}");
        return await SeenAsync(database) / took.TotalSeconds;
    }

    /// <summary>The rows that the last run has seen, by the database's own record.</summary>
    private async Task<double> SeenAsync(string database)
    {
        const string sql = "SELECT sum(rows_seen) FROM url_replacement_state WHERE run = (SELECT run FROM url_replacement_runs ORDER BY started_at DESC LIMIT 1)";
        await using System.Data.Common.DbConnection connection = _server is { } server
            ? new NpgsqlConnection(server.ConnectionString() + ";Pooling=False")
            : new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={database["sqlite:".Length..]};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
