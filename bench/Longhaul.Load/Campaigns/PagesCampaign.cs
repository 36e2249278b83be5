using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Campaigns.Web;
using Longhaul.Proof;
using Longhaul.Servers;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign pages</c>: every list of the API on a store with a million jobs, while a worker works.</summary>
internal sealed class PagesCampaign : IAsyncDisposable
{
    private const double MostMilliseconds = 300;

    /// <summary>One look a second may cost so much of a core of the store.</summary>
    private const double MostShare = 0.05;

    private const int Rounds = 40;
    private const int DeepPages = 50;
    private const int LooksInARow = 20;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-pages-");
    private readonly FileRecorder _recorder;
    private PostgresServer? _server;
    private WebHostProcess? _web;

    private PagesCampaign() => _recorder = new FileRecorder(Path.Combine(_folder.FullName, "runner.history"), "runner");

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var campaign = new PagesCampaign();
        return await campaign.RunAsync(arguments.Store, arguments.Number("finished", 1_000_000), arguments.Number("pending", 100_000));
    }

    public async ValueTask DisposeAsync()
    {
        if (_web is not null)
            await _web.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _recorder.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<CampaignOutcome> RunAsync(string store, int finished, int pending)
    {
        _server = store == CampaignArguments.Postgres ? await PostgresServer.StartAsync(durable: true, "shared_buffers=1GB", "max_wal_size=4GB") : null;
        var place = _server?.ConnectionString() ?? Path.Combine(_folder.FullName, "jobs.db");
        await using var filling = await Filling.StartAsync(place);
        var landmarks = await filling.FillAsync(finished, pending);
        CrashCampaign.Tell($"{finished} jobs have ended, {pending} are pending");
        await using var working = filling.WorkOn();
        _web = await WebHostProcess.StartAsync(_recorder, place);
        var looks = await LooksAsync(landmarks);
        foreach (var look in looks)
            await WarmAsync(look.Path);

        await TimeAsync(looks);
        await CostAsync(looks);
        return Outcome(finished, pending, looks, filling.Done);
    }

    /// <summary>Every list, with and without filters, its first page and one far behind.</summary>
    private async Task<List<Look>> LooksAsync(Landmarks landmarks)
    {
        var middle = Uri.EscapeDataString(landmarks.Middle.ToString("O", CultureInfo.InvariantCulture));
        string[] paths =
        [
            "jobs", "jobs?limit=200", "jobs?order=oldest", "jobs?state=completed", "jobs?state=pending", "jobs?state=failed", "jobs?state=running", "jobs?state=cancelled", "jobs?state=paused,waiting,cancelled",
            "jobs?derived=scheduled", "jobs?derived=retrying", "jobs?derived=stuck", "jobs?queue=q1", "jobs?queue=q*", "jobs?queue=none", "jobs?name=campaign.fill1", "jobs?name=none",
            "jobs?tag=rare", "jobs?tag=none", "jobs?owner=owner3", "jobs?owner=none", $"jobs?id={landmarks.Completed}", "jobs?state=completed&queue=q2&name=campaign.*",
            $"jobs?from={middle}", $"jobs?before={middle}", "failed", "failed?queue=q1", "failed/groups", "queues", "workers", "traces", "traces?subject=none", "traces?success=false", "status", "status?queue=*q*", "stats", "stats?window=24h", "store", "audit", "me",
            .. Pages(landmarks.Completed), .. Pages(landmarks.Failed), .. Pages(landmarks.Running),
        ];
        string[] unindexed = ["jobs?text=needle", "jobs?text=haystack", "jobs?state=completed&text=needle", "failed?text=needle", "traces?type=none", "traces?method=none"];
        List<Look> looks = [.. paths.Select(static path => new Look(path, IsIndexed: true)), .. unindexed.Select(static path => new Look(path, IsIndexed: false))];
        foreach (var path in (string[])["jobs?limit=1000", "jobs?state=completed&limit=1000", "jobs?queue=q1&limit=1000"])
            looks.Add(new Look(await DeepAsync(path), IsIndexed: true));
        return looks;
    }

    private static IEnumerable<string> Pages(long job)
        => ((string[])["", "/payload", "/logs", "/logs?last=200", "/traces", "/attempts", "/items", "/checkpoints", "/children"]).Select(page => $"jobs/{job}{page}");

    /// <summary>Code is compiled, caches are filled.</summary>
    private async Task WarmAsync(string path)
    {
        using var response = await _web!.Client.GetAsync(path);
        var body = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path} must be answered, but was with {(int)response.StatusCode}: {body}");
    }

    /// <summary>A page far behind the first.</summary>
    private async Task<string> DeepAsync(string path)
    {
        var at = path;
        for (var i = 0; i < DeepPages; i++)
        {
            using var page = JsonDocument.Parse(await _web!.Client.GetStringAsync(at));
            if (!page.RootElement.TryGetProperty("next", out var next) || next.GetString() is not { } cursor)
                break;
            at = $"{path}&after={cursor}";
        }

        return at;
    }

    private async Task TimeAsync(List<Look> looks)
    {
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var look in looks)
            {
                var began = Stopwatch.GetTimestamp();
                using var response = await _web!.Client.GetAsync(look.Path);
                await response.Content.ReadAsByteArrayAsync();
                look.Milliseconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                if (!response.IsSuccessStatusCode)
                    look.Failures.Add((int)response.StatusCode);
            }
        }
    }

    /// <summary>What the store's processes need beside the worker's work: with looks at a list, less what they need just before or after, the smaller of the two.</summary>
    private async Task CostAsync(List<Look> looks)
    {
        foreach (var look in looks)
        {
            var before = await BackgroundAsync();
            var (cpu, at) = (StoreCpu(), Stopwatch.GetTimestamp());
            var seconds = look.IsKept ? await LookEachSecondAsync(look) : await LookInARowAsync(look);
            var (spent, took) = (StoreCpu() - cpu, Stopwatch.GetElapsedTime(at));
            spent -= took * Math.Min(before, await BackgroundAsync());
            look.Share = Math.Max(0, spent.TotalSeconds / seconds);
        }
    }

    /// <returns>Of a core, while nobody looks.</returns>
    private async Task<double> BackgroundAsync()
    {
        var (cpu, at) = (StoreCpu(), Stopwatch.GetTimestamp());
        await Task.Delay(Quiet, TimeProvider.System);
        return (StoreCpu() - cpu) / Stopwatch.GetElapsedTime(at);
    }

    /// <summary>In a row instead of one a second: the same looks, in less time.</summary>
    private async Task<int> LookInARowAsync(Look look)
    {
        var (at, count) = (Stopwatch.GetTimestamp(), 0);
        while (count < LooksInARow || Stopwatch.GetElapsedTime(at) < TimeSpan.FromMilliseconds(300))
        {
            await _web!.Client.GetByteArrayAsync(look.Path);
            count++;
        }

        return count;
    }

    private async Task<int> LookEachSecondAsync(Look look)
    {
        using var seconds = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        for (var count = 0; count < LooksInARow; count++)
        {
            await _web!.Client.GetByteArrayAsync(look.Path);
            await seconds.WaitForNextTickAsync();
        }

        return LooksInARow;
    }

    /// <summary>SQLite works in the host itself.</summary>
    private TimeSpan StoreCpu() => _server is { } server ? PostgresGround.CpuOf(server.ProcessId) : _web!.Cpu;

    private static CampaignOutcome Outcome(int finished, int pending, List<Look> looks, long worked)
    {
        var broken = new List<string>();
        foreach (var look in looks)
        {
            if (look.Failures.Count > 0)
                broken.Add($"{look.Path} was answered {look.Failures[0]}, {look.Failures.Count} times");
            if (look.P95 > MostMilliseconds)
                broken.Add($"{look.Path} should be answered within {MostMilliseconds} ms (p95), but took {look.P95:0} ms");
            if (look.IsIndexed && look.Share > MostShare)
                broken.Add($"{look.Path} should cost {MostShare:P0} of a core at one look a second, but costs {look.Share:P1}");
        }

        var slowest = looks.MaxBy(static look => look.P95)!;
        var dearest = looks.Where(static look => look.IsIndexed).MaxBy(static look => look.Share)!;
        return new CampaignOutcome
        {
            What = $"{finished} jobs have ended and {pending} are pending, while a worker runs jobs that come steadily. Each list is asked for {Rounds} times by turns; " +
                "what a look costs is processor time of the store (SQLite: of the web host) beyond that of the second before or after, whichever was less.",
            Broken = broken,
            Unknown = worked < Rounds ? [$"the worker ran only {worked} jobs meanwhile"] : [],
            Figures = new JsonObject
            {
                ["finished"] = finished,
                ["pending"] = pending,
                ["ranMeanwhile"] = worked,
                ["lists"] = looks.Count,
                ["worstP95Ms"] = Math.Round(slowest.P95, 1),
                ["worstP95Of"] = slowest.Path,
                ["dearestShare"] = Math.Round(dearest.Share, 4),
                ["dearest"] = dearest.Path,
            },
            Tables = [("Every list", [["list", "p50 ms", "p95 ms", "max ms", "of a core at 1/s"], .. looks.Select(static look => look.Row())])],
        };
    }

    /// <summary>One thing to look at, and what that took.</summary>
    private sealed record Look(string Path, bool IsIndexed)
    {
        /// <summary>Whether the host keeps an answer for a while: asked for in a row, it would seem to cost nothing.</summary>
        public bool IsKept => Path.StartsWith("failed/groups", StringComparison.Ordinal);

        public List<double> Milliseconds { get; } = [];

        public List<int> Failures { get; } = [];

        /// <summary>Of one core, at one look a second.</summary>
        public double Share { get; set; }

        public double P95 => At(0.95);

        public string[] Row()
        {
            var shown = Path.IndexOf("after=", StringComparison.Ordinal) is >= 0 and var cursor ? Path[..cursor] + "after=…" : Path;
            return [shown + (IsIndexed ? "" : " (no index)") + (IsKept ? " (kept for a while)" : ""), Text(At(0.5)), Text(P95), Text(Milliseconds.Max()), Share.ToString("P2", CultureInfo.InvariantCulture)];
        }

        private double At(double share) => Milliseconds.Order().ElementAt((int)Math.Min(Milliseconds.Count - 1, share * Milliseconds.Count));

        private static string Text(double milliseconds) => milliseconds.ToString("0.0", CultureInfo.InvariantCulture);
    }
}
