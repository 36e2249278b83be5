using System.Globalization;
using System.Net;
using Longhaul;
using Longhaul.Storage;

namespace StorageMigration.Tests.Web;

/// <summary>Commands whose output is waited for, or read as it comes.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class RunCommandTests(WorkingSite works) : IClassFixture<WorkingSite>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly Site _site = works.Site;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, true)]
    [InlineData(3, false)]
    public async Task Without_a_stream_the_caller_gets_output_and_exit_code_at_the_end(int exit, bool success)
    {
        var (status, answer) = await _site.PostAsync(Site.Action("run-command"), new { command = "test/speak", args = new { text = "ä ¢ 漢", exit } });

        status.ShouldBe(HttpStatusCode.OK);
        answer.EnumerateObject().Select(static property => property.Name).ShouldBe(["success", "output", "exitCode"]);
        (answer.GetProperty("success").GetBoolean(), answer.GetProperty("exitCode").GetInt32()).ShouldBe((success, exit));
        answer.GetProperty("output").GetString()!.ShouldStartWith("text ä ¢ 漢\nloud none\n");
    }

    [Fact]
    public async Task The_typed_migration_can_be_waited_for_too()
    {
        var (_, answer) = await _site.PostAsync(Site.Action("run-command"), new { command = "image-migration/migrate", dryRun = true });

        (answer.GetProperty("success").GetBoolean(), answer.GetProperty("exitCode").GetInt32()).ShouldBe((true, 0), answer.ToString());
        answer.GetProperty("output").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_line_is_there_while_the_command_goes_on()
    {
        var gate = _folder.File("gate");
        using var response = await _site.StreamAsync(new { command = "test/clock", args = new { gate }, stream = true }, Cancel).WaitAsync(Patience, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));

        var delays = new List<double>();
        for (var line = 0; line < 5; line++)
        {
            var written = long.Parse((await LineAsync(reader))!, CultureInfo.InvariantCulture);
            delays.Add(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - written);
        }

        // The command waits for the gate, so what was read was read while it ran. On a machine that has time each comes within 300 ms; here one of five must.
        TestContext.Current.TestOutputHelper!.WriteLine($"ms from written to read: {string.Join(", ", delays)}");
        delays.Min().ShouldBeLessThan(300);
        await File.WriteAllTextAsync(gate, "", Cancel);
        (await LineAsync(reader)).ShouldBe("end");
        (await LineAsync(reader)).ShouldBeNull();
    }

    [Fact]
    public async Task Ten_thousand_lines_a_second_come_whole_and_the_last_ten_thousand_are_kept()
    {
        const int Lines = 15_000;
        using var response = await _site.StreamAsync(new { command = "test/flood", args = new { lines = Lines }, stream = true }, Cancel).WaitAsync(Patience, Cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));

        for (var line = 0; line < Lines; line++)
            (await LineAsync(reader)).ShouldBe($"line {line}");

        (await LineAsync(reader)).ShouldBeNull();
        var job = new JobId(long.Parse(response.Headers.GetValues("X-Job-Id").Single(), CultureInfo.InvariantCulture));
        var kept = new List<string>();
        for (string? after = null; ;)
        {
            var page = await _site.Store.ListLogsAsync(new LogFilter { Job = job }, new PageRequest(1_000, after), Cancel);
            kept.AddRange(page.Items.Select(static line => line.Line.Text));
            if ((after = page.Next) is null)
                break;
        }

        kept.Count.ShouldBeInRange(10_000, 11_000);
        kept[^1].ShouldBe($"line {Lines - 1}");
        kept[0].ShouldBe($"line {Lines - kept.Count}");
    }

    [Fact]
    public async Task Without_a_stream_the_answer_has_the_last_ten_thousand_lines()
    {
        var (_, answer) = await _site.PostAsync(Site.Action("run-command"), new { command = "test/flood", args = new { lines = 12_000 } });

        var lines = answer.GetProperty("output").GetString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (lines.Length, lines[0], lines[^1]).ShouldBe((10_000, "line 2000", "line 11999"));
    }

    [Fact]
    public async Task A_caller_who_reads_late_misses_nothing()
    {
        const int Lines = 12_000, Width = 2_500; // 30 MB, which no buffer between the two holds
        using var response = await _site.StreamAsync(new { command = "test/flood", args = new { lines = Lines, width = Width }, stream = true }, Cancel).WaitAsync(Patience, Cancel);
        await _site.UntilStatusAsync(long.Parse(response.Headers.GetValues("X-Job-Id").Single(), CultureInfo.InvariantCulture), "completed");

        var text = await response.Content.ReadAsStringAsync(Cancel).WaitAsync(Patience, Cancel);

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(Lines);
        for (var line = 0; line < Lines; line++)
            (lines[line].Length, lines[line].TrimEnd('.')).ShouldBe((Width, $"line {line}"));
    }

    [Fact]
    public async Task A_command_goes_on_when_its_reader_goes_away()
    {
        var gate = _folder.File("gate");
        string job;
        using (var leaves = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        using (var response = await _site.StreamAsync(new { command = "test/steps", args = new { count = 6, waitAt = 2, gate }, stream = true }, leaves.Token).WaitAsync(Patience, Cancel))
        {
            job = response.Headers.GetValues("X-Job-Id").Single();
            response.Headers.GetValues("X-Migration-Id").Single().ShouldStartWith("queue-");
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
            while (await LineAsync(reader) != "step 2")
            {
                // What comes before it.
            }

            await leaves.CancelAsync();
        }

        await File.WriteAllTextAsync(gate, "", Cancel);

        var ended = await _site.UntilStatusAsync(long.Parse(job, CultureInfo.InvariantCulture), "completed");
        ended.GetProperty("job").GetProperty("error").GetString().ShouldBeNull();
    }

    [Fact]
    public async Task The_application_stops_though_somebody_reads()
    {
        await using var site = await Site.StartAsync(_folder.File("stops"));
        using var response = await site.StreamAsync(new { command = "test/clock", args = new { gate = _folder.File("never") }, stream = true }, Cancel).WaitAsync(Patience, Cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        (await LineAsync(reader)).ShouldNotBeNull();

        await site.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<string?> LineAsync(StreamReader reader) => reader.ReadLineAsync(Cancel).AsTask().WaitAsync(Patience, Cancel);
}
