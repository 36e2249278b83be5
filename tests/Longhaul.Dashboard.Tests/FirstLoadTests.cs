namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class FirstLoadTests(Chromium chromium)
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
        sizes.Values.Sum().ShouldBeInRange(10_000, MostBytes, string.Join('\n', sizes.OrderByDescending(static one => one.Value)));
        await visit.IsCleanAsync();
    }
}
