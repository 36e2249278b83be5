using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>One browser window on the dashboard, which notes all that must not happen.</summary>
internal sealed class Visit : IAsyncDisposable
{
    // What passed is told of every element else, and most of the time goes by on its way here.
    private static readonly AxeRunOptions ViolationsOnly = new() { ResultTypes = [ResultType.Violations] };

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _troubles = new();

    private Visit(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    /// <summary>What the browser keeps for this window and others.</summary>
    public IBrowserContext Context => _context;

    public ILocator Main => Page.Locator("main");

    /// <param name="chromium">The browser.</param>
    /// <param name="host">Whose pages.</param>
    /// <param name="path">A page of the dashboard.</param>
    /// <param name="options">Size, colours and the like.</param>
    /// <param name="page">A page that is none of the dashboard, in its stead.</param>
    /// <param name="script">Runs before those of the page.</param>
    public static async Task<Visit> OpenAsync(
        Chromium chromium, DashboardHost host, string path = "", BrowserNewContextOptions? options = null, string? page = null, string? script = null)
    {
        options ??= new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } };
        options.Locale = "en";
        options.ReducedMotion ??= ReducedMotion.Reduce; // what glides is drawn without end, and takes time from what is tested
        var context = await chromium.Browser.NewContextAsync(options);
        context.SetDefaultTimeout(60_000);
        var visit = new Visit(context, await context.NewPageAsync());
        await visit.WatchAsync(host);
        if (script is not null)
            await visit.Page.AddInitScriptAsync(script);
        if (page is null)
            await visit.GoAsync(host, path);
        else
            await visit.Page.GotoAsync(new Uri(new Uri(host.Address), page).ToString());
        return visit;
    }

    public async Task GoAsync(DashboardHost host, string path)
    {
        await Page.GotoAsync($"{host.Address}/{path}");
        await Page.Locator("header.top").WaitForAsync();
    }

    /// <summary>Goes on to another page as a link does, without loading the dashboard anew.</summary>
    public Task MoveAsync(DashboardHost host, string path) => Page.EvaluateAsync(
        """
        href => {
          const link = document.createElement('a');
          link.href = href;
          document.body.append(link);
          link.click();
          link.remove();
        }
        """, $"{host.Address}/{path}");

    /// <summary>Chooses an action of the page, says why, and confirms it.</summary>
    public async Task ActAsync(string button, string? reason = null)
    {
        await Button(button).ClickAsync();
        await ConfirmAsync(reason);
    }

    /// <summary>Chooses an action of a menu, and confirms it.</summary>
    public async Task ActFromAsync(string menu, string action, string? reason = null)
    {
        await Page.Locator("summary", new() { HasText = menu }).First.ClickAsync();
        await Page.Locator("details[open] button", new() { HasText = action }).ClickAsync();
        await ConfirmAsync(reason);
    }

    public async Task ConfirmAsync(string? reason = null)
    {
        if (reason is not null)
            await Page.Locator("dialog input[name=reason]").FillAsync(reason);
        await Page.Locator("dialog button[type=submit]").ClickAsync();
        await Assertions.Expect(Page.Locator("dialog")).ToHaveCountAsync(0);
    }

    public ILocator Button(string text) => Page.GetByRole(AriaRole.Button, new() { Name = text, Exact = true });

    public Task SeesAsync(string text) => Assertions.Expect(Main).ToContainTextAsync(text);

    public Task SeesStateAsync(string state) => Assertions.Expect(Page.Locator($"[data-state='{state}']")).ToHaveCountAsync(1);

    /// <summary>No violation of axe's rules, and nothing beside the window.</summary>
    public async Task IsFitAsync(string what)
    {
#pragma warning disable CS0618 // the other mode opens a page of its own for each look, for frames of other hosts; here are none
        var violations = (await Page.RunAxeLegacy(null, ViolationsOnly)).Violations;
#pragma warning restore CS0618
        violations.Select(violation => $"{what}: {violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Select(static node => node.Html))}").ShouldBeEmpty();
        var over = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        over.ShouldBeLessThanOrEqualTo(0, $"{what} is wider than the window");
    }

    /// <summary>No error, no dialog, no breach of the content security policy, no request to another host.</summary>
    public async Task IsCleanAsync()
    {
        foreach (var breach in await Page.EvaluateAsync<string[]>("() => window.breaches ?? []"))
            _troubles.Enqueue(breach);
        _troubles.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    private async Task WatchAsync(DashboardHost host)
    {
        var home = new Uri(host.Address).Authority;
        await Page.AddInitScriptAsync("window.breaches = []; addEventListener('securitypolicyviolation', event => window.breaches.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));");
        Page.PageError += (_, error) => _troubles.Enqueue($"error: {error}");
        Page.Dialog += (_, dialog) =>
        {
            _troubles.Enqueue($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        Page.Console += (_, message) =>
        {
            // That the API refuses something is told by the browser as an error, and is what some pages are about.
            if (message.Type is "error" or "warning" && !message.Text.Contains("responded with a status of 4", StringComparison.Ordinal))
                _troubles.Enqueue($"console: {message.Text}");
        };
        _context.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal) && new Uri(request.Url).Authority != home)
                _troubles.Enqueue($"request: {request.Url}");
        };
    }
}
