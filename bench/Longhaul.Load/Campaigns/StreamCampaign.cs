using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Longhaul.Load.Campaigns;

/// <summary>
/// <c>./campaign stream</c>: commands of the storage migration whose output is read while they run. Each line says when it was written, so that what is
/// measured is the way from the command to the reader, without the start of either.
/// </summary>
internal sealed partial class StreamCampaign(int lines, int rounds) : IAsyncDisposable
{
    private const int LinesPerSecond = 10_000;
    private const int LinesOfAClock = 5;

    /// <summary>The last lines of a job that a store keeps; a tenth more may wait to be cut off.</summary>
    private const int Kept = 10_000;
    private const int KeptAtMost = Kept + (Kept / 10);

    /// <summary>The reader keeps up: at the rate at which lines are written, within this share.</summary>
    private const double LeastRate = 0.98;

    private const double MostMilliseconds = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-stream-");
    private readonly HttpClient _client = new() { Timeout = Patience };
    private Process? _site;

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var campaign = new StreamCampaign(arguments.Number("lines", 300_000), arguments.Number("rounds", 20));
        return await campaign.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_site is not null)
        {
            _site.Kill(entireProcessTree: true);
            await _site.WaitForExitAsync();
            _site.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<CampaignOutcome> RunAsync()
    {
        await StartAsync();
        var (first, later) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
            await ClockAsync(round, first, later);
        CrashCampaign.Tell($"{rounds} first lines, {first.Max():0} ms at most");
        var flood = await FloodAsync();
        var (kept, last) = await KeptAsync(flood.Job);

        first.Sort();
        later.Sort();
        flood.Lags.Sort();
        var broken = new List<string>(flood.Broken);
        if (first[^1] > MostMilliseconds)
            broken.Add($"the first line must be read within {MostMilliseconds:0} ms of being written, but took {first[^1]:0} ms");
        if (flood.Rate < LinesPerSecond * LeastRate)
            broken.Add($"{LinesPerSecond} lines a second must be read as they are written, but it were {flood.Rate:0}");
        if (CrashCampaign.At(flood.Lags, 0.99) is { } lag and > MostMilliseconds)
            broken.Add($"of 100 lines 99 must be read within {MostMilliseconds:0} ms of being written, but took {lag:0} ms");
        if (kept < Math.Min(Kept, lines) || kept > KeptAtMost || last != lines - 1)
            broken.Add($"of {lines} lines the last {Kept} must be kept, but {kept} are, to line {last}");
        return new CampaignOutcome
        {
            What = $"{rounds} commands that say the time {LinesOfAClock} times, and one that says {lines} lines, {LinesPerSecond} a second; each a process of its own as a job of the storage migration, on SQLite, whose output is read over HTTP while it runs. Milliseconds are those from a line's writing to its reading.",
            Broken = broken,
            Figures = new JsonObject
            {
                ["firstLineMs"] = Spread(first),
                ["laterLineMs"] = Spread(later),
                ["lines"] = lines,
                ["linesPerSecond"] = Math.Round(flood.Rate),
                ["lagMs"] = Spread(flood.Lags),
                ["kept"] = kept,
            },
        };
    }

    private static JsonObject Spread(List<double> sorted) => new() { ["p50"] = CrashCampaign.At(sorted, 0.5), ["p99"] = CrashCampaign.At(sorted, 0.99), ["max"] = sorted[^1] };

    /// <summary>The application of the tests, which has commands for this; it ends when this process does.</summary>
    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [MigrationProgram.TestPath, "site"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["Migration__Root"] = _folder.FullName;
        start.Environment["Migration__Port"] = "0";
        start.Environment["LONGHAUL_STORE"] = "sqlite:" + Path.Combine(_folder.FullName, "longhaul.db");
        start.Environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information";
        _site = Process.Start(start)!;
        const string listens = "Now listening on: ";
        while (_client.BaseAddress is null)
        {
            var line = await _site.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("The application ended before it listened.");
            if (line.IndexOf(listens, StringComparison.Ordinal) is >= 0 and var at)
                _client.BaseAddress = new Uri(line[(at + listens.Length)..]);
        }

        _ = _site.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        var page = await _client.GetStringAsync("/");
        _client.DefaultRequestHeaders.Add("X-CSRF-Token", WebUtility.HtmlDecode(HiddenField.Match(page).Groups["token"].Value));
    }

    private async Task ClockAsync(int round, List<double> first, List<double> later)
    {
        var gate = Path.Combine(_folder.FullName, $"gate-{round}");
        using var response = await RunAsync("test/clock", new { gate });
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var line = 0; line < LinesOfAClock; line++)
        {
            var written = long.Parse(await LineAsync(reader) ?? "", CultureInfo.InvariantCulture);
            (line == 0 ? first : later).Add(Now - written);
        }

        await File.WriteAllTextAsync(gate, "");
        while (await LineAsync(reader) is not null)
        {
            // To its end.
        }
    }

    private async Task<Flood> FloodAsync()
    {
        using var response = await RunAsync("test/flood", new { lines, stamp = 1 });
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var flood = new Flood(response.Headers.GetValues("X-Job-Id").Single());
        long began = 0, expected = 0;
        while (await LineAsync(reader) is { } text)
        {
            var now = Now;
            began = expected == 0 ? Stopwatch.GetTimestamp() : began;
            var words = text.Split(' ');
            if (words is not ["line", var number, var at] || number != CrashCampaign.Count(expected))
            {
                flood.Broken.Add($"line {expected} must follow, but '{text}' did");
                break;
            }

            flood.Lags.Add(now - long.Parse(at, CultureInfo.InvariantCulture));
            expected++;
        }

        flood.Rate = expected / Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (expected != lines)
            flood.Broken.Add($"{lines} lines must come, but {expected} did");
        return flood;
    }

    /// <summary>How many lines of a job the store has, and the number of the last.</summary>
    private async Task<(int Count, int Last)> KeptAsync(string job)
    {
        var (count, last, next) = (0, -1, "");
        do
        {
            var page = await _client.GetFromJsonAsync<JsonElement>($"/longhaul/api/jobs/{job}/logs?limit=1000{next}");
            foreach (var line in page.GetProperty("items").EnumerateArray())
            {
                last = int.Parse(line.GetProperty("text").GetString()!.Split(' ')[1], CultureInfo.InvariantCulture);
                count++;
            }

            next = page.TryGetProperty("next", out var cursor) && cursor.GetString() is { } after ? $"&after={after}" : "";
        }
        while (next.Length > 0);
        return (count, last);
    }

    private async Task<HttpResponseMessage> RunAsync(string command, object args)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/actions/s3-spaces-migration/migration/run-command") { Content = JsonContent.Create(new { command, args, stream = true }) };
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.EnsureSuccessStatusCode();
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static Task<string?> LineAsync(StreamReader reader) => reader.ReadLineAsync().WaitAsync(Patience);

    [GeneratedRegex("name=\"CSRF_TOKEN\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HiddenField { get; }

    private sealed record Flood(string Job)
    {
        public List<double> Lags { get; } = [];

        public List<string> Broken { get; } = [];

        public double Rate { get; set; }
    }
}
