using System.Globalization;
using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests.Pictures;

/// <summary>
/// <c>pictures FOLDER [SECONDS [WHOLE]]</c> takes the pictures of the documentation: each page as a window shows it, as small WebP. With a further folder
/// also each page in its whole length, light, dark and on a phone, for people to look at.
/// </summary>
internal static class PicturesProgram
{
    public const string Verb = "pictures";
    private const int MostBytes = 60 << 10;

    private static readonly ViewportSize Desk = new() { Width = 1360, Height = 860 };
    private static readonly ViewportSize Phone = new() { Width = 390, Height = 800 };

    public static async Task<int> RunAsync(string folder, string[] rest)
    {
        var length = TimeSpan.FromSeconds(rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 150);
        var whole = rest.Length > 1 ? rest[1] : null;
        Directory.CreateDirectory(folder);
        await using var chromium = new Chromium();
        await chromium.InitializeAsync();
        await using var scene = await Scene.PlayAsync(length);
        (string Name, string Path)[] pages =
        [
            ("overview", "?window=5m"), ("jobs", "jobs"), ("jobs-failed", "jobs?state=failed"), ("job", $"jobs/{scene.Long}"), ("job-log", $"jobs/{scene.Long}?tab=log"),
            ("job-traces", $"jobs/{scene.Long}?tab=traces"), ("job-checkpoint", $"jobs/{scene.Long}?tab=checkpoint"), ("job-payload", $"jobs/{scene.WithFailures}?tab=payload"),
            ("job-items", $"jobs/{scene.WithFailures}?tab=items"), ("job-failed", $"jobs/{scene.Failed}"), ("failed", "failed"), ("traces", "traces"), ("workers", "workers"), ("missing", "nowhere"),
        ];
        string[] kept = ["overview light", "overview dark", "overview phone", "jobs light", "job light", "job dark", "job phone", "job-traces light", "failed light", "traces dark", "workers light"];
        foreach (var (look, scheme, size) in ((string, ColorScheme, ViewportSize)[])[("light", ColorScheme.Light, Desk), ("dark", ColorScheme.Dark, Desk), ("phone", ColorScheme.Light, Phone)])
        {
            await using var visit = await Visit.OpenAsync(chromium, scene.Host, "", new() { ColorScheme = scheme, ViewportSize = size });
            foreach (var (name, path) in pages)
            {
                await visit.GoAsync(scene.Host, path);
                await Assertions.Expect(visit.Page.GetByText("Reading …")).ToHaveCountAsync(0);
                await visit.Page.WaitForTimeoutAsync(1500); // live events and charts
                if (kept.Contains($"{name} {look}"))
                    await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{look}.webp"), await SmallAsync(visit.Page));
                if (whole is not null)
                    await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(whole, $"{name}-{look}.png"), FullPage = true });
            }

            if (whole is not null)
                await DialogsAsync(visit, scene, whole, look);
            await visit.IsCleanAsync();
        }

        return 0;
    }

    private static async Task DialogsAsync(Visit visit, Scene scene, string whole, string look)
    {
        await visit.GoAsync(scene.Host, $"jobs/{scene.Long}");
        await visit.Button("Cancel …").ClickAsync();
        await ShootAsync("question");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.Locator("main summary", new() { HasText = "More" }).ClickAsync();
        await ShootAsync("menu");
        await visit.Button("Edit and clone …").ClickAsync();
        await visit.Page.Locator("dialog textarea").WaitForAsync();
        await ShootAsync("clone");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.Keyboard.PressAsync("?");
        await ShootAsync("help");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.GoAsync(scene.Host, "jobs");
        await visit.Page.Locator("tbody input[type=checkbox]").First.CheckAsync();
        await visit.Page.Locator("tbody input[type=checkbox]").Nth(2).CheckAsync();
        await visit.Button("More filters").ClickAsync();
        await ShootAsync("chosen");
        await visit.Page.GotoAsync(scene.Host.LinkTo(scene.Long));
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=text]")).ToContainTextAsync("%");
        await ShootAsync("link");

        Task ShootAsync(string name) => visit.Page.ScreenshotAsync(new() { Path = Path.Combine(whole, $"{name}-{look}.png") });
    }

    // The browser itself makes WebP of its picture: no other program is needed.
    private static async Task<byte[]> SmallAsync(IPage page)
    {
        var png = await page.ScreenshotAsync();
        await using var context = await page.Context.Browser!.NewContextAsync();
        var painter = await context.NewPageAsync();
        for (var quality = 0.85; ; quality -= 0.1)
        {
            var url = await painter.EvaluateAsync<string>(
                """
                async ([png, quality]) => {
                  const image = new Image();
                  image.src = `data:image/png;base64,${png}`;
                  await image.decode();
                  const canvas = document.createElement('canvas');
                  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
                  canvas.getContext('2d').drawImage(image, 0, 0);
                  return canvas.toDataURL('image/webp', quality);
                }
                """, new object[] { Convert.ToBase64String(png), quality });
            var bytes = Convert.FromBase64String(url[(url.IndexOf(',', StringComparison.Ordinal) + 1)..]);
            if (bytes.Length <= MostBytes || quality < 0.3)
                return bytes;
        }
    }
}
