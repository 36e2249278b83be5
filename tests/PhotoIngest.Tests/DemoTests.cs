using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using PhotoIngest.Library;

namespace PhotoIngest.Tests;

/// <summary><c>./demo</c> from outside: a process, what it prints, what it leaves.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class DemoTests : IDisposable
{
    private const int Photos = 40;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Source => Path.Combine(_folder.Path, "photos");

    private string Out => Path.Combine(_folder.Path, "out");

    [Fact]
    public async Task Killed_and_started_again_it_ingests_each_photo_exactly_once()
    {
        await MakePhotosAsync();
        foreach (var enough in (int[])[1, Photos / 3, Photos / 2])
        {
            using var killed = new DemoProcess(Source, "--out", Out);
            await killed.IngestedAsync(Out, enough);
            await killed.KillAsync();
        }

        using var last = new DemoProcess(Source, "--out", Out, "--json");
        var (exitCode, lines, error) = await last.EndAsync();

        error.ShouldBe("", "nothing but what it has to say");
        exitCode.ShouldBe(0);
        lines[0].ShouldMatch($"^going on: [0-9]+ of {Photos} ingested$");
        var summary = JsonDocument.Parse(lines[^1]).RootElement;
        foreach (var count in (string[])["photos", "ingested", "previews", "thumbnails"])
            summary.GetProperty(count).GetInt32().ShouldBe(Photos, count);
        summary.GetProperty("failures").GetArrayLength().ShouldBe(0);

        Directory.GetFiles(Path.Combine(Out, "previews")).Length.ShouldBe(Photos);
        Directory.GetFiles(Path.Combine(Out, "thumbnails")).Length.ShouldBe(Photos);
        Directory.GetFiles(Path.Combine(Out, "library"), "*", SearchOption.AllDirectories).Length.ShouldBe(Photos);
        Directory.GetFiles(Path.Combine(Out, "uploads")).ShouldBeEmpty();
        Query("photos.db", "SELECT count(*) || ' ' || count(DISTINCT content_hash) || ' ' || count(DISTINCT path) FROM images").ShouldBe($"{Photos} {Photos} {Photos}");
    }

    [Fact]
    public async Task Told_to_stop_it_stops_in_order_says_how_to_go_on_and_goes_on()
    {
        await MakePhotosAsync();
        using var stopped = new DemoProcess(Source, "--out", Out, "--workers", "1");
        await stopped.IngestedAsync(Out, 3);

        stopped.Terminate();

        var (exitCode, lines, error) = await stopped.EndAsync();
        error.ShouldBe("");
        exitCode.ShouldBe(130);
        lines[^1].ShouldMatch("^stopped: [0-9]+ ingested, [0-9]+ on their way. The same command goes on.$");

        using var last = new DemoProcess(Source, "--out", Out, "--json");
        var end = await last.EndAsync();
        end.ExitCode.ShouldBe(0);
        JsonDocument.Parse(end.Lines[^1]).RootElement.GetProperty("ingested").GetInt32().ShouldBe(Photos);
    }

    [Fact]
    public async Task Served_it_tells_where_and_goes_on_until_it_is_told_to_stop()
    {
        await Pictures.SceneAsync(_folder.File("photos/a.jpg"), 1);
        using var demo = new DemoProcess(Source, "--out", Out, "--workers", "1", "--serve", "--port", "0", "--json");
        var gallery = (await demo.LineAsync("Gallery:")).Split(' ')[^1];
        var dashboard = (await demo.LineAsync("Dashboard:")).Split(' ')[^1];
        using var client = new HttpClient();

        var photos = JsonDocument.Parse(await client.GetStringAsync(gallery + "api/photos", Cancel)).RootElement.GetProperty("photos");
        photos[0].GetProperty("state").GetString().ShouldBe("ingested");
        (await client.GetStringAsync(dashboard, Cancel)).ShouldContain("data-prefix=\"/longhaul\"");
        demo.Terminate();

        var (exitCode, lines, error) = await demo.EndAsync();
        error.ShouldBe("");
        exitCode.ShouldBe(0);
        lines[0].ShouldBe($"follow it at {gallery} and {dashboard}");
        JsonDocument.Parse(lines[^1]).RootElement.GetProperty("ingested").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Where_another_program_serves_it_says_what_to_do()
    {
        await Pictures.SceneAsync(_folder.File("photos/a.jpg"), 1);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        using var demo = new DemoProcess(Source, "--out", Out, "--serve", "--port", $"{((IPEndPoint)other.LocalEndpoint).Port}");
        var (exitCode, _, error) = await demo.EndAsync();

        exitCode.ShouldBe(1);
        error.ShouldBe("demo: another program serves at this address already. Name another port by --port, or 0 for a free one.\n");
    }

    [Fact]
    public async Task Wrong_use_exits_with_2_and_says_why()
    {
        using var wrong = new DemoProcess("--wrong");
        var (exitCode, _, error) = await wrong.EndAsync();

        exitCode.ShouldBe(2);
        error.ShouldStartWith("demo: there is no option --wrong\n\nUsage: ./demo");
    }

    [Fact]
    public async Task A_kind_of_store_without_a_place_exits_with_2_and_says_why()
    {
        using var wrong = new DemoProcess("--out", Out, "--store", "sqlite:");
        var (exitCode, _, error) = await wrong.EndAsync();

        exitCode.ShouldBe(2);
        error.ShouldStartWith("demo: --store: The address of a SQLite store must name a file");
    }

    [Fact]
    public async Task In_memory_it_does_not_say_where_to_look_at_jobs_that_are_gone()
    {
        await Pictures.SceneAsync(_folder.File("photos/a.jpg"), 1);

        using var demo = new DemoProcess(Source, "--out", Out, "--store", "memory:", "--json");
        var (exitCode, lines, error) = await demo.EndAsync();

        error.ShouldBe("");
        exitCode.ShouldBe(0);
        JsonDocument.Parse(lines[^1]).RootElement.GetProperty("ingested").GetInt32().ShouldBe(1);
        lines.ShouldNotContain(line => line.Contains("./longhaul", StringComparison.Ordinal));
        File.Exists(Path.Combine(Out, "longhaul.db")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", 2, "confirm: name photos by their uuids, or --all")]
    [InlineData("--everything", 2, "confirm: name photos by their uuids, or --all")]
    [InlineData("no-such-photo", 1, "confirm: no photo has the uuid 'no-such-photo'; nothing was confirmed")]
    [InlineData("--all", 0, "0 confirmed")]
    [InlineData("--help", 0, "Usage: PhotoIngest confirm")]
    public async Task Confirming_says_what_it_did_or_what_is_wrong(string arguments, int exitCode, string expected)
    {
        using var confirm = DemoProcess.Verb(Out, ["confirm", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        var end = await confirm.EndAsync();

        end.ExitCode.ShouldBe(exitCode);
        (exitCode == 0 ? end.Lines[0] : end.Error).ShouldStartWith(expected);
    }

    [Theory]
    [InlineData(false, "file is not a database")]
    [InlineData(true, "unable to open database file")]
    public async Task A_database_that_cannot_be_used_ends_with_one_line_and_1(bool isFolder, string reason)
    {
        await MakePhotosAsync();
        var database = Path.Combine(Directory.CreateDirectory(Out).FullName, "photos.db");
        if (isFolder)
            Directory.CreateDirectory(database);
        else
            await File.WriteAllTextAsync(database, new string('x', 5_000), Cancel);

        using var failed = new DemoProcess(Source, "--out", Out);
        var (exitCode, _, error) = await failed.EndAsync();

        exitCode.ShouldBe(1);
        var line = error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
        line.ShouldStartWith($"demo: {database} cannot be used: ");
        line.ShouldContain(reason);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>One rendered photo many times, each with a comment of its own: rendering is the slow part.</summary>
    private async Task MakePhotosAsync()
    {
        await Pictures.SceneAsync(_folder.File("one.jpg"), 1);
        var jpeg = await File.ReadAllBytesAsync(_folder.File("one.jpg"), Cancel);
        for (byte i = 0; i < Photos; i++)
            await File.WriteAllBytesAsync(_folder.File($"photos/{i:00}.jpg"), [.. jpeg.AsSpan(0, 2), 0xFF, 0xFE, 0, 3, i, .. jpeg.AsSpan(2)], Cancel);
    }

    private string Query(string database, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Out, database)};Pooling=False");
        connection.Open();
        return connection.Query(sql, row => row.GetString(0)).Single();
    }
}
