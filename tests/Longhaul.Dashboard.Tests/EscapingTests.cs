using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>What others wrote is shown as text, whoever wrote it and wherever it is shown.</summary>
[Trait("Part", "web")]
public sealed class EscapingTests(Chromium chromium)
{
    private static readonly string[] Tabs = ["", "?tab=log", "?tab=traces", "?tab=items", "?tab=checkpoint", "?tab=payload", "?tab=children"];

    /// <summary>What chooses a shape or a colour.</summary>
    private static readonly HashSet<string> Words = ["state", "derived", "kind", "order", "actions", "status", "color"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Corpus => new(
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>", "javascript:alert(1)", "{{7*7}}${7*7}#{7*7}",
        "</textarea></title></style><iframe srcdoc='<script>parent.alert(1)</script>'>", "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>", "\u202Etxt.exe\u2066 الاختبار <b>x</b>");

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task It_is_text_on_every_page(string text)
    {
        await using var host = await DashboardHost.StartAsync(worker: text);
        foreach (var where in (EnqueueOptions[])[new() { Queue = text }, new() { Owner = text }]) // nor can a name be anything else than a word
            await Should.ThrowAsync<ArgumentException>(async () => await host.Jobs.EnqueueAsync(new Quick("x"), where, Cancel));
        var options = new EnqueueOptions { Description = text, Tags = [text[..Math.Min(64, text.Length)]] };
        JobId failed = await host.Jobs.EnqueueAsync(new Writes(text, Fail: true), options, Cancel);
        JobId done = await host.Jobs.EnqueueAsync(new Writes(text, Fail: false), options with { UniqueKey = text }, Cancel);
        await host.EndAsync(failed);
        await host.EndAsync(done);
        JobId waits = await host.Jobs.EnqueueAsync(new Quick(text), options with { Delay = TimeSpan.FromHours(1) }, Cancel);

        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{waits}");
        await visit.ActAsync("Cancel …", text); // a person's words, too
        await visit.SeesStateAsync("cancelled");
        await visit.SeesAsync(text);
        await LooksAsync();
        foreach (var path in (string[])["", "jobs", "failed", "traces", "workers", .. Tabs[..^1].Select(tab => $"jobs/{failed}{tab}"), $"jobs/{done}?tab=payload"])
        {
            await visit.MoveAsync(host, path);
            await visit.SeesAsync(path is "failed" ? "test.writes" : text); // a group's message has no quoted parts
            await Assertions.Expect(visit.Page.GetByText("Reading …")).ToHaveCountAsync(0);
            await LooksAsync();
        }

        await visit.GoAsync(host, $"jobs?text={Uri.EscapeDataString(text)}&tag={Uri.EscapeDataString(text)}&queue={Uri.EscapeDataString(text)}");
        await LooksAsync();
        await visit.GoAsync(host, $"traces?subject={Uri.EscapeDataString(text)}&after={Uri.EscapeDataString(text)}");
        await LooksAsync();

        Task LooksAsync() => LooksCleanAsync(visit);
    }

    /// <summary>Whatever gets into the store past this library (another program, another version) and however the API tells it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_the_server_says_is_text(bool alsoWords)
    {
        await using var host = await DashboardHost.StartAsync();
        JobId failed = await host.Jobs.EnqueueAsync(new Writes("x", Fail: true), new() { Tags = ["t"], Owner = "o", UniqueKey = "k" }, Cancel);
        JobId items = await host.Jobs.EnqueueAsync(new Steps("w", 3, [2]), cancellationToken: Cancel);
        host.Stage.Allow("w", 3);
        await host.EndAsync(failed);
        await host.EndAsync(items);
        JobId runs = await host.Jobs.EnqueueAsync(new Steps("runs", 3), new() { Description = "d" }, Cancel);
        await host.UntilAsync(runs, static job => job.State == JobState.Running, "the run");

        await using var visit = await Visit.OpenAsync(chromium, host, "nowhere", script: """
            // Pages without a stream read everything themselves, through the route below.
            delete window.SharedWorker;
            window.EventSource = class { addEventListener() {} close() {} };
            """);
        await visit.Page.RouteAsync("**/api/**", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Body = Spoil(await answer.TextAsync(), alsoWords) });
        });
        foreach (var path in (string[])["", "jobs", "failed", "traces", "workers", .. ((JobId[])[failed, items, runs]).SelectMany(static id => Tabs.Select(tab => $"jobs/{id}{tab}"))])
        {
            await visit.MoveAsync(host, path);
            await visit.SeesAsync("<img src=x");
            await Assertions.Expect(visit.Page.GetByText("Reading …")).ToHaveCountAsync(0);
            await LooksCleanAsync(visit);
        }

        await visit.GoAsync(host, "jobs");
        await visit.Page.Locator("tbody input[type=checkbox]").First.CheckAsync();
        await visit.Page.Locator("tbody summary").First.ClickAsync();
        await LooksCleanAsync(visit);

        host.Stage.Allow("runs", 3);
        await host.EndAsync(runs);
    }

    private static async Task LooksCleanAsync(Visit visit)
    {
        await visit.Page.WaitForLoadStateAsync(LoadState.Load);
        var foreign = await visit.Page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('script:not([src]), iframe, object, embed, math, [onerror], [onload], [srcdoc], a[href^=\"javascript:\"], a[href^=\"data:\"], img:not(.brand img)')].map(e => e.outerHTML)");
        foreign.ShouldBeEmpty();
        await visit.IsCleanAsync();
    }

    /// <summary>Every text of an answer but times, ids and roles becomes markup; those that choose a shape or colour only if told.</summary>
    private static string Spoil(string json, bool alsoWords)
    {
        if (JsonNode.Parse(json) is not { } answer)
            return json;
        return Spoiled(answer, "")!.ToJsonString();

        JsonNode? Spoiled(JsonNode? node, string name) => node switch
        {
            JsonObject all => new JsonObject(all.Select(one => KeyValuePair.Create(one.Key, Spoiled(one.Value, one.Key)))),
            JsonArray all => new JsonArray([.. all.Select(one => Spoiled(one, name))]),
            JsonValue value when value.GetValueKind() == JsonValueKind.String && !Keeps(name, value.GetValue<string>()) => "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>",
            _ => node?.DeepClone(),
        };

        bool Keeps(string name, string text) => name is "roles" or "next" or "session" or "id" || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) || (!alsoWords && Words.Contains(name));
    }
}
