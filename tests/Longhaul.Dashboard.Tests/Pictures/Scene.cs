using System.Net.Http.Json;

namespace Longhaul.Dashboard.Tests.Pictures;

/// <summary>An installation on an ordinary day: it works, some of it fails, a worker died.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private static readonly string[] Names = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Tim", "Margaret"];
    private static readonly string[] Customers = ["Fjord Shipping", "Blue Kiln Pottery", "Station 9 Radio", "Olive & Oak"];

    private readonly List<WorkerProcess> _workers = [];

    private Scene(DashboardHost host) => Host = host;

    public DashboardHost Host { get; }

    /// <summary>A job whose first worker died.</summary>
    public JobId Long { get; private set; }

    /// <summary>A job that ended with item failures.</summary>
    public JobId WithFailures { get; private set; }

    /// <summary>A job that failed for good.</summary>
    public JobId Failed { get; private set; }

    public static async Task<Scene> PlayAsync(TimeSpan length)
    {
        var scene = new Scene(await DashboardHost.StartAsync(works: false));
        try
        {
            await scene.BeginAsync();
            await scene.GoOnAsync(length);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await Host.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        var mortal = WorkerProcess.Start(Host, "render-1");
        _workers.Add(mortal);
        Long = await Host.Jobs.EnqueueAsync(new Ingest("/photos/2026/lofoten", 1400, 230, 97), new() { Tags = ["2026", "lofoten"], Owner = "acme" });
        await Host.UntilAsync(Long, static job => job.Progress?.Done > 20, "its headway");
        mortal.Kill();
        _workers.AddRange([WorkerProcess.Start(Host, "render-2"), WorkerProcess.Start(Host, "render-3")]);
        WithFailures = await Host.Jobs.EnqueueAsync(new Ingest("/photos/2026/harbour", 180, 60, 31), new() { Tags = ["2026"] });
        await Host.Jobs.EnqueueAsync(new Ingest("/photos/2025/wedding of Ines and Karl", 900, 260), new() { Tags = ["2025", "wedding"] });
        await Host.Jobs.EnqueueAsync(new Transcode("keynote-2026.mov", "h265-1080p"), new() { Tags = ["keynote"] });
        foreach (var (customer, index) in Customers.Select(static (customer, index) => (customer, index)))
            await Host.Jobs.EnqueueAsync(new Report(customer, "2026-10", 200 + (index * 60)), new() { Description = $"Report for {customer}", Owner = customer.Split(' ')[0].ToLowerInvariant() });
        for (var night = 1; night <= 3; night++)
            await Host.Jobs.EnqueueAsync(new Report("all", $"2026-{night + 10}", 900), new() { Description = $"Year so far, {night} of 3", Delay = TimeSpan.FromHours(3 * night) });
    }

    private async Task GoOnAsync(TimeSpan length)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var round = 0; TimeProvider.System.GetElapsedTime(began) < length; round++)
        {
            var name = Names[round % Names.Length];
            await Host.Jobs.EnqueueManyAsync(Enumerable.Range(0, 1 + (round * 7 % 9)).Select(number => new Welcome($"{name.ToLowerInvariant()}{round}.{number}@example.org", name, $"tok-{round}-{number}")), new() { Tags = ["signup"] });
            if (round % 12 == 0)
                Failed = await Host.Jobs.EnqueueAsync(new Invoice($"2026-{1000 + round}", 49.90m + round, $"A-{round % 5}"), new() { Owner = "acme" });
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        using var operators = new HttpClient();
        foreach (var (path, reason) in ((string, string)[])[("queues/emails/pause", "mx2 answers slowly"), ("queues/emails/resume", "it answers again"), ($"jobs/{Failed}/retry", "the address is there now")])
            (await operators.PostAsJsonAsync($"{Host.Address}/api/{path}", new { reason })).EnsureSuccessStatusCode();
        await Host.EndAsync(WithFailures);
        await Host.EndAsync(Failed);
    }
}
