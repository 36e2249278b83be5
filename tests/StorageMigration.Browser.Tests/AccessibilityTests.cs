using Deque.AxeCore.Playwright;
using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;

namespace StorageMigration.Tests.Web;

[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class AccessibilityTests(Chromium chromium) : IDisposable
{
    private const string Trees = """{"trees":[{"id":7,"source":"/srv/assets/of/a/site/with/a/long/name/for/a/folder","target":"/b","state":"running","files":1500,"totalFiles":3000,"bytes":2500000}]}""";

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 320)]
    [InlineData(ColorScheme.Dark, 320)]
    public async Task Nothing_shown_has_a_violation_or_is_wider_than_the_window(ColorScheme scheme, int width)
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, scheme, width, Trees);
        await Assertions.Expect(visit.Page.Locator("#tree-list li")).ToHaveCountAsync(1);
        await JudgeAsync("nothing yet");

        await visit.StartAsync("test/steps", arguments: [("count", "8"), ("waitAt", "4"), ("gate", _folder.File("gate"))]);
        await visit.SaysAsync("step 4");
        await JudgeAsync("running");

        await visit.StartAsync("test/speak", arguments: [("text", new string('b', 190)), ("exit", "3")]);
        await visit.SeesStatusAsync("failed");
        await JudgeAsync("failed");
        await visit.IsCleanAsync();

        async Task JudgeAsync(string what)
        {
            var violations = (await visit.Page.RunAxe()).Violations;
            string.Join('\n', violations.Select(violation => $"{what}: {violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Select(static node => node.Html))}")).ShouldBe("");
            var over = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            over.ShouldBeLessThanOrEqualTo(0, $"{what} is wider than the window");
        }
    }

    public void Dispose() => _folder.Dispose();
}
