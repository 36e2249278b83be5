using Deque.AxeCore.Commons;
using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;

namespace StorageMigration.Tests.Web;

[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class AccessibilityTests(Chromium chromium) : IDisposable
{
    private const string Trees = """{"trees":[{"id":7,"source":"/srv/assets/of/a/site/with/a/long/name/for/a/folder","target":"/b","state":"running","files":1500,"totalFiles":3000,"bytes":2500000}]}""";

    /// <summary>Says what axe finds, a line each. One call: the package's own opens a page and loads axe again for each look, which takes seconds.</summary>
    private const string Look = """
        async rules => {
          const { violations, passes } = await axe.run(document, rules === null ? {} : { runOnly: { type: 'rule', values: rules } });
          if (passes.length === 0) throw new Error('axe has looked at nothing');
          return violations.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.html).join(' | ')}`);
        }
        """;

    /// <summary>All that a colour scheme changes.</summary>
    private static readonly string[] Contrast = ["color-contrast"];

    private readonly TempFolder _folder = new();

    /// <summary>Each state of the page is looked at in light and dark, wide and narrow.</summary>
    [Fact]
    public async Task Nothing_shown_has_a_violation_or_is_wider_than_the_window()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: Trees);
        await Assertions.Expect(visit.Page.Locator("#tree-list li")).ToHaveCountAsync(1);
        await visit.Page.EvaluateAsync(new BundledAxeScriptProvider().GetScript());
        await JudgeAsync("nothing yet");

        await visit.StartAsync("test/steps", arguments: [("count", "8"), ("waitAt", "4"), ("gate", _folder.File("gate"))]);
        await visit.SaysAsync("step 4");
        await JudgeAsync("running");

        await visit.StartAsync("test/speak", arguments: [("text", new string('b', 190)), ("exit", "3")]);
        await visit.SeesStatusAsync("failed");
        await JudgeAsync("failed");
        await visit.IsCleanAsync();

        async Task JudgeAsync(string state)
        {
            foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                await visit.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
                foreach (var width in (int[])[1280, 320])
                {
                    await visit.Page.SetViewportSizeAsync(width, 900);
                    var what = $"{state}, {scheme}, {width} wide";
                    var violations = await visit.Page.EvaluateAsync<string[]>(Look, scheme == ColorScheme.Light ? null : Contrast);
                    violations.ShouldBeEmpty(what);
                    var over = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
                    over.ShouldBeLessThanOrEqualTo(0, $"{what} is wider than the window");
                }
            }
        }
    }

    public void Dispose() => _folder.Dispose();
}
