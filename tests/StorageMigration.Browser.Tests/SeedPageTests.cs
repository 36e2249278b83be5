using System.Collections.Concurrent;
using Longhaul.Dashboard.Tests;
using Longhaul.Storage;

namespace StorageMigration.Tests.Web;

/// <summary>The examples that the seed prints, run on the page, which adds the token to its own calls.</summary>
[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class SeedPageTests(Chromium chromium) : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_examples_run_on_the_page_unchanged()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        // What polls every 5 s does so every 0.2 s here, and is counted while it goes on.
        await visit.Page.EvaluateAsync("""
            () => {
              const begin = window.setInterval, end = window.clearInterval;
              window.intervals = new Set();
              window.setInterval = (action, period) => { const id = begin(action, period / 25); window.intervals.add(id); return id; };
              window.clearInterval = id => { window.intervals.delete(id); end(id); };
            }
            """);
        var calls = new ConcurrentQueue<(string Method, string Path, int Status)>();
        var said = new ConcurrentQueue<string>();
        visit.Page.Response += (_, response) =>
        {
            if (response.Url.Contains("/actions/", StringComparison.Ordinal))
                calls.Enqueue((response.Request.Method, response.Url[(response.Url.LastIndexOf('/') + 1)..], response.Status));
        };
        visit.Page.Console += (_, message) => said.Enqueue(message.Text);
        visit.MayBeAway = true; // a 400 that is meant is told by the browser as an error

        foreach (var example in SeedExample.All())
        {
            await site.LayCheckpointAsync();
            calls.Clear();
            said.Clear();
            var before = await JobsAsync(site);

            await visit.Page.EvaluateAsync($"async () => {{\n{example.Code}\n}}");
            await visit.Page.WaitForFunctionAsync("() => window.intervals.size === 0");
            await Site.UntilAsync(() => Task.FromResult(calls.Count(static call => call.Path != "get-queue-jobs")), static count => count > 0, $"the calls of {example}");

            calls.ShouldAllBe(call => call.Status == example.Exceptions.GetValueOrDefault($"{call.Method} {call.Path}", 200), $"{example}");
            (await JobsAsync(site) - before).ShouldBe(calls.Count(static call => call.Method == "POST"), $"{example}");
            if (example.Heading.StartsWith("Example 1", StringComparison.Ordinal))
                said.ShouldContain("Migration finished with status: completed");
        }

        visit.MayBeAway = false;
        await visit.IsCleanAsync();
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<int> JobsAsync(Site site) => (await site.Store.ListJobsAsync(JobFilter.All, new PageRequest(1_000), Cancel)).Items.Count;
}
