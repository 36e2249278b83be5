using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>What an operator sees of a worker's death.</summary>
[Trait("Part", "web")]
public sealed class LossTests(Chromium chromium, ITestOutputHelper output)
{
    /// <summary>The promise is 5 s on a machine that has time for us; elsewhere a test judges whether, and not how fast.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("LONGHAUL_QUIET_MACHINE") == "1" ? 5 : 50);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_worker_is_seen_as_lost_and_its_job_goes_on_elsewhere()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var first = WorkerProcess.Start(host, "first");
        JobId id = await host.Jobs.EnqueueAsync(new Paced(100_000, 20), new() { Description = "A long way" }, Cancel);
        await using var job = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await job.SeesStateAsync("running");
        await using var workers = await Visit.OpenAsync(chromium, host, "workers");
        var lost = workers.Page.Locator("tbody tr", new() { HasText = "first" });
        await Assertions.Expect(lost).ToContainTextAsync("active");
        await using var second = WorkerProcess.Start(host, "second");
        await Assertions.Expect(workers.Page.Locator("tbody tr", new() { HasText = "second" })).ToContainTextAsync("active");
        var before = (await host.UntilAsync(id, static job => job.Progress?.Done > 0, "headway")).Progress!.Done;
        foreach (var visit in (Visit[])[job, workers])
            await visit.Page.EvaluateAsync("() => { window.stayed = true; }");

        var killed = TimeProvider.System.GetTimestamp();
        first.Kill();
        await job.SeesAsync("run 2 on second");
        await job.SeesAsync("Worker lost run 1 on first");
        await job.SeesStateAsync("running");
        var resumed = TimeProvider.System.GetElapsedTime(killed);
        await Assertions.Expect(lost).ToContainTextAsync("dead");
        var seen = TimeProvider.System.GetElapsedTime(killed);

        output.WriteLine($"seen to go on elsewhere {resumed.TotalSeconds:0.0} s after the kill, the worker seen as dead by {seen.TotalSeconds:0.0} s");
        seen.ShouldBeLessThan(Limit);
        await job.Page.Locator("#tab-log").ClickAsync();
        await job.SeesAsync("run 2 begins after item ");
        (await job.Main.InnerTextAsync()).ShouldNotContain("run 2 begins after item 0");
        await host.UntilAsync(id, job => job.Progress?.Done > before, "headway of the second");
        (await job.Page.EvaluateAsync<bool>("() => window.stayed") && await workers.Page.EvaluateAsync<bool>("() => window.stayed")).ShouldBeTrue();
        await job.ActAsync("Cancel …");
        await job.SeesStateAsync("cancelled");
        await job.IsCleanAsync();
        await workers.IsCleanAsync();
    }
}
