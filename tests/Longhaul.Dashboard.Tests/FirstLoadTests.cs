namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class FirstLoadTests(Chromium chromium, ITestOutputHelper output)
{
    /// <summary>What a first look costs, compressed. The promise is 150 KB; this keeps it from growing unnoticed.</summary>
    private const int MostBytes = 64 << 10;

    [Fact]
    public async Task The_first_look_is_small_and_asks_nobody_else()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var visit = await Visit.OpenAsync(chromium, host);
        await visit.SeesAsync("Nothing runs now.");

        var sizes = await visit.Page.EvaluateAsync<Dictionary<string, int>>(
            "() => Object.fromEntries([...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter(e => !e.name.includes('/api/')).map(e => [e.name, e.encodedBodySize]))");

        sizes.Count.ShouldBeGreaterThan(10);
        output.WriteLine($"{sizes.Values.Sum() / 1024.0:0.0} KiB in {sizes.Count} files");
        sizes.Values.Sum().ShouldBeInRange(10_000, MostBytes, string.Join('\n', sizes.OrderByDescending(static one => one.Value)));
        await visit.IsCleanAsync();
    }

    /// <summary>Reported, not judged: it is the machine's speed as much as ours.</summary>
    [Fact]
    public async Task It_says_when_the_first_paint_was()
    {
        const int loads = 9;
        await using var host = await DashboardHost.StartAsync();
        var paints = new List<(double First, double Content, double Figures)>();
        for (var load = 0; load < loads; load++)
        {
            await using var visit = await Visit.OpenAsync(chromium, host); // a new profile: nothing is kept from before
            await visit.SeesAsync("Nothing runs now.");
            var times = await visit.Page.EvaluateAsync<double[]>("() => [...['first-paint', 'first-contentful-paint'].map(name => performance.getEntriesByName(name)[0]?.startTime ?? -1), performance.now()]");
            times[0].ShouldBeGreaterThan(0);
            paints.Add((times[0], times[1], times[2]));
        }

        output.WriteLine($"median of {loads} first loads: first paint {Median(static load => load.First):0} ms, first content {Median(static load => load.Content):0} ms, figures at the latest {Median(static load => load.Figures):0} ms");

        double Median(Func<(double First, double Content, double Figures), double> of) => paints.Select(of).Order().ElementAt(loads / 2);
    }
}
