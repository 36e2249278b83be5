using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace Longhaul.Dashboard.Tests;

/// <summary>One real browser for all tests: each visit has a context of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const float Patience = 60_000;

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        // In a container without user namespaces Chromium has no sandbox; what is shown here are our own pages only.
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Find(), Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
            await Browser.CloseAsync();
        _playwright?.Dispose();
    }

    private static string Find()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return Environment.GetEnvironmentVariable("LONGHAUL_CHROMIUM")
            ?? Names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException(
                "These tests need Chromium, and there is none on the PATH. Install the package chromium (./test does so where it may), or name it in LONGHAUL_CHROMIUM.");
    }
}
