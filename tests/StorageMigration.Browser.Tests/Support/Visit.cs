using System.Collections.Concurrent;
using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;

namespace StorageMigration.Tests.Web;

/// <summary>One browser window on the page, which notes all that must not happen.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _troubles = new();
    private readonly ConcurrentQueue<Task> _dismissed = new();

    private Visit(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    public ILocator Job => Page.Locator("#job");

    /// <summary>Whether the server may be away for a moment: the browser tells of calls in vain.</summary>
    public bool MayBeAway { get; set; }

    public static async Task<Visit> OpenAsync(Chromium chromium, string address, ColorScheme scheme = ColorScheme.Light, int width = 1280, string? trees = null)
    {
        var context = await chromium.Browser.NewContextAsync(new() { Locale = "en", ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
        context.SetDefaultTimeout(60_000);
        var visit = new Visit(context, await context.NewPageAsync());
        await visit.WatchAsync(new Uri(address).Authority);
        if (trees is not null)
            await visit.Page.RouteAsync("**/api/trees", route => route.FulfillAsync(new() { Status = trees.Length == 0 ? 404 : 200, ContentType = "application/json", Body = trees }));
        await visit.Page.GotoAsync(address);
        await Assertions.Expect(visit.Page.Locator("#command option")).Not.ToHaveCountAsync(0);
        await visit.Page.EvaluateAsync("() => { window.stayed = true; }");
        return visit;
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Starts a command by the form.</summary>
    public async Task StartAsync(string command, bool dryRun = false, params (string Name, string Value)[] arguments)
    {
        await Page.Locator("#command").SelectOptionAsync(command);
        foreach (var (name, value) in arguments)
            await Page.Locator($"#arguments input[name='{name}']").FillAsync(value);
        await Page.Locator("#dry-run").SetCheckedAsync(dryRun);
        await Button("Start").ClickAsync();
    }

    public Task SeesStatusAsync(string status) => Assertions.Expect(Page.Locator("#job-status")).ToHaveTextAsync(status);

    public Task SaysAsync(string line) => Assertions.Expect(Page.Locator("#log")).ToContainTextAsync(line);

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
            // That there are no trees here is told by the browser as an error.
            if (message.Type is "error" or "warning" && !MayBeAway && !message.Text.Contains("responded with a status of 404", StringComparison.Ordinal))
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
