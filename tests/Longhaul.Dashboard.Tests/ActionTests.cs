using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class ActionTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_paused_and_resumed_and_the_history_says_who_and_why()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("p", 3), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await visit.SeesStateAsync("running");

        await visit.ActAsync("Pause …", "the disk is full");
        await visit.SeesAsync("Pausing: its worker was told");
        await host.Stage.Told.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        host.Stage.Allow("p", 1); // the item in flight
        await visit.SeesStateAsync("paused");
        await visit.SeesAsync("the disk is full");

        await visit.ActAsync("Resume …", "there is room again");
        host.Stage.Allow("p", 2);
        await visit.SeesStateAsync("completed");
        await visit.SeesAsync("resume: there is room again");
        await visit.SeesAsync("by local");
        (await host.Jobs.GetAsync(id, Cancel))!.RunNumber.ShouldBe(2);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_job_is_cancelled_and_retried()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("c", 3), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await visit.SeesStateAsync("running");

        await visit.ActAsync("Cancel …");
        await visit.SeesStateAsync("cancelled");

        await visit.ActAsync("Retry …");
        host.Stage.Allow("c", 3);
        await visit.SeesStateAsync("completed");
    }

    [Fact]
    public async Task An_action_is_asked_once_and_says_what_it_will_do()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("n", 1), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");

        await visit.Button("Cancel …").ClickAsync();
        var dialog = visit.Page.Locator("dialog");
        await Assertions.Expect(dialog).ToContainTextAsync("the job ends as cancelled");
        await visit.Button("Do nothing").ClickAsync();

        await Assertions.Expect(dialog).ToHaveCountAsync(0);
        (await host.Jobs.GetAsync(id, Cancel))!.State.ShouldBe(JobState.Running);
        host.Stage.Allow("n", 1);
        await host.EndAsync(id);
    }

    [Fact]
    public async Task Failed_items_are_retried_alone()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("i", 3, [2]), cancellationToken: Cancel);
        host.Stage.Allow("i", 3);
        await host.EndAsync(id);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}?tab=items");
        await visit.SeesAsync("item 2 is bad");

        host.Stage.Mended = true;
        host.Stage.Allow("i", 1); // one item, not three
        await visit.Main.GetByRole(AriaRole.Tabpanel).GetByRole(AriaRole.Button, new() { Name = "Retry failed items …" }).ClickAsync();
        await visit.ConfirmAsync("mended");

        await visit.SeesAsync("No item failed.");
        await host.UntilAsync(id, static job => job.State == JobState.Completed, "the second end");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_job_is_edited_and_cloned()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Quick("first"), cancellationToken: Cancel);
        await host.EndAsync(id);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");

        await visit.Page.Locator("main summary", new() { HasText = "More" }).ClickAsync();
        await visit.Button("Edit and clone …").ClickAsync();
        var payload = visit.Page.Locator("dialog textarea");
        await Assertions.Expect(payload).ToHaveValueAsync("{\n  \"text\": \"first\"\n}");
        await payload.FillAsync("{ not json");
        await visit.Button("Enqueue").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog [role=alert]")).ToContainTextAsync("This is not JSON");
        await payload.FillAsync("{\"text\":\"second\"}");
        await visit.ConfirmAsync();

        await visit.Page.Locator(".toast a").ClickAsync();
        await visit.SeesStateAsync("completed");
        await visit.Page.Locator("#tab-payload").ClickAsync();
        await visit.SeesAsync("\"text\": \"second\"");
        visit.Page.Url.ShouldNotContain($"/jobs/{id}?");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_job_is_deleted()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await host.EndAsync(id);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");

        await visit.ActFromAsync("More", "Delete …");

        await visit.SeesAsync("This job has been deleted.");
        (await host.Jobs.GetAsync(id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_queue_is_paused_and_resumed()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId done = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await host.EndAsync(done);
        await using var visit = await Visit.OpenAsync(chromium, host);
        var row = visit.Page.Locator("tr", new() { HasText = "short" });

        await row.Locator("summary").ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Pause …" }).ClickAsync();
        await visit.ConfirmAsync("a deploy");
        await Assertions.Expect(row).ToContainTextAsync("paused");
        JobId waits = await host.Jobs.EnqueueAsync(new Quick("y"), cancellationToken: Cancel);

        await row.Locator("summary").ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Resume …" }).ClickAsync();
        await visit.ConfirmAsync();
        await host.EndAsync(waits);
        await visit.GoAsync(host, "workers");
        await visit.SeesAsync("a deploy");
        await visit.IsCleanAsync();
    }
}
