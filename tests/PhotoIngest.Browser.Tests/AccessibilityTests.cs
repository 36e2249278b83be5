using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;

namespace PhotoIngest.Tests;

[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class AccessibilityTests(Chromium chromium) : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 320)]
    [InlineData(ColorScheme.Dark, 320)]
    public async Task Nothing_shown_has_a_violation_or_is_wider_than_the_window(ColorScheme scheme, int width)
    {
        await using var site = await Site.StartAsync(Path.Combine(_folder.Path, "out"));
        await using var visit = await Visit.OpenAsync(chromium, site, scheme, width);
        await Assertions.Expect(visit.Page.Locator("#empty")).ToBeVisibleAsync();
        await JudgeAsync("nothing yet");

        await Pictures.SceneAsync(_folder.File("a.jpg"), 1);
        await Pictures.SceneAsync(_folder.File("b.jpg"), 2);
        var (a, b) = (await File.ReadAllBytesAsync(_folder.File("a.jpg"), Cancel), await File.ReadAllBytesAsync(_folder.File("b.jpg"), Cancel));
        await visit.UploadAsync(("a.jpg", a), (new string('b', 190) + ".jpg", b), ("cut.jpg", b[..(b.Length / 2)]), ("list.jpg", "bread\n"u8.ToArray()));
        await visit.SeesAsync("a.jpg", "Ready to be chosen");
        await visit.SeesAsync("cut.jpg", "Failed");
        await visit.Page.GetByLabel("Choose a.jpg").CheckAsync();
        await JudgeAsync("photos");

        await visit.Button("Confirm chosen (1)").ClickAsync();
        await visit.SeesAsync("a.jpg", "In the library");
        await visit.Card("a.jpg").Locator("button.picture").ClickAsync();
        await visit.ImageAsync("#viewer-picture", 320);
        await JudgeAsync("viewer");
        await visit.IsCleanAsync();

        async Task JudgeAsync(string what)
        {
#pragma warning disable CS0618 // the other mode opens a page of its own for each look, for frames of other hosts; here are none
            var violations = (await visit.Page.RunAxeLegacy(null, new AxeRunOptions { ResultTypes = [ResultType.Violations] })).Violations;
#pragma warning restore CS0618
            string.Join('\n', violations.Select(violation => $"{what}: {violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Select(static node => node.Html))}")).ShouldBe("");
            var over = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            over.ShouldBeLessThanOrEqualTo(0, $"{what} is wider than the window");
        }
    }

    public void Dispose() => _folder.Dispose();
}
