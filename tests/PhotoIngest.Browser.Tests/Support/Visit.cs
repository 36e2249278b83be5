using System.Collections.Concurrent;
using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;

namespace PhotoIngest.Tests;

/// <summary>One browser window on the gallery, which notes all that must not happen.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _troubles = new();
    private readonly ConcurrentQueue<Task> _dismissed = new();

    private Visit(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    public static async Task<Visit> OpenAsync(Chromium chromium, Site site, ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        var context = await chromium.Browser.NewContextAsync(new() { Locale = "en", ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
        context.SetDefaultTimeout(60_000);
        var visit = new Visit(context, await context.NewPageAsync());
        await visit.WatchAsync(new Uri(site.Address).Authority);
        await visit.Page.GotoAsync(site.Address);
        await visit.Page.EvaluateAsync("() => { window.stayed = true; }");
        return visit;
    }

    /// <summary>The card of a photo.</summary>
    public ILocator Card(string name) => Page.Locator("#gallery > .card:not(.sending)", new() { Has = Page.GetByText(name, new() { Exact = true }) });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public Task UploadAsync(params IEnumerable<(string Name, byte[] Bytes)> files) =>
        Page.Locator("#files").SetInputFilesAsync(files.Select(static file => new FilePayload { Name = file.Name, MimeType = "application/octet-stream", Buffer = file.Bytes }));

    public Task SeesAsync(string name, string text) => Assertions.Expect(Card(name)).ToContainTextAsync(text);

    /// <summary>Waits until an image is there, so many pixels wide.</summary>
    public Task ImageAsync(string selector, int width) =>
        Page.WaitForFunctionAsync("([selector, width]) => document.querySelector(selector)?.naturalWidth === width", new object[] { selector, width });

    /// <summary>The page was never loaded again; no error, no dialog, no breach of the content security policy, no request to another host.</summary>
    public async Task IsCleanAsync()
    {
        (await Page.EvaluateAsync<bool>("() => window.stayed === true")).ShouldBeTrue("it was reloaded");
        foreach (var breach in await Page.EvaluateAsync<string[]>("() => window.breaches ?? []"))
            _troubles.Enqueue(breach);
        _troubles.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_dismissed);
        await _context.CloseAsync();
    }

    private async Task WatchAsync(string home)
    {
        await Page.AddInitScriptAsync("window.breaches = []; addEventListener('securitypolicyviolation', event => window.breaches.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));");
        Page.PageError += (_, error) => _troubles.Enqueue($"error: {error}");
        Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _troubles.Enqueue($"console: {message.Text}");
        };
        Page.Dialog += (_, dialog) =>
        {
            _troubles.Enqueue($"dialog: {dialog.Message}");
            _dismissed.Enqueue(dialog.DismissAsync());
        };
        _context.Request += (_, request) =>
        {
            if (new Uri(request.Url).Authority != home)
                _troubles.Enqueue($"request: {request.Url}");
        };
    }
}
