using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>What others wrote is shown as text, whoever wrote it and wherever it is shown.</summary>
[Trait("Part", "web")]
public sealed class EscapingTests(Chromium chromium)
{
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
        foreach (var path in (string[])["", "jobs", "failed", "traces", "workers", $"jobs/{failed}", $"jobs/{failed}?tab=log", $"jobs/{failed}?tab=traces", $"jobs/{failed}?tab=items", $"jobs/{failed}?tab=checkpoint", $"jobs/{failed}?tab=payload", $"jobs/{done}?tab=payload"])
        {
            await visit.GoAsync(host, path);
            await visit.SeesAsync(path is "failed" ? "test.writes" : text); // a group's message has no quoted parts
            await LooksAsync();
        }

        await visit.GoAsync(host, $"jobs?text={Uri.EscapeDataString(text)}&tag={Uri.EscapeDataString(text)}&queue={Uri.EscapeDataString(text)}");
        await LooksAsync();
        await visit.GoAsync(host, $"traces?subject={Uri.EscapeDataString(text)}&after={Uri.EscapeDataString(text)}");
        await LooksAsync();

        async Task LooksAsync()
        {
            await visit.Page.WaitForLoadStateAsync(LoadState.Load);
            var foreign = await visit.Page.EvaluateAsync<string[]>(
                "() => [...document.querySelectorAll('script:not([src]), iframe, object, embed, math, [onerror], [onload], [srcdoc], a[href^=\"javascript:\"], a[href^=\"data:\"]')].map(e => e.outerHTML)");
            foreign.ShouldBeEmpty();
            await visit.IsCleanAsync();
        }
    }
}
