using System.Text;
using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>The audit and notes. Skipped by name where the store lacks <see cref="StoreCapabilities.Records"/>.</summary>
public abstract class RecordsConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task The_audit_keeps_who_did_what_newest_first()
    {
        Needs(StoreCapabilities.Records);
        var first = new AuditRecord { By = "ann", Action = "cancel", Target = "42", Reason = "wrong folder", Outcome = "done", Origin = "10.0.0.1" };
        await Store.WriteAuditAsync(first, Cancel);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.WriteAuditAsync(new() { Action = "pause queue", Outcome = "forbidden", At = ManualClock.Start.AddDays(-1) }, Cancel);

        (await Store.ListAuditAsync(new(10), Cancel)).Items.ShouldBe(
        [
            new AuditRecord { At = ManualClock.Start.AddSeconds(1), Action = "pause queue", Outcome = "forbidden" },
            first with { At = ManualClock.Start },
        ]);
    }

    [Fact]
    public async Task The_audit_is_paged()
    {
        Needs(StoreCapabilities.Records);
        for (var i = 1; i <= 5; i++)
            await Store.WriteAuditAsync(new() { Action = $"{i}", Outcome = "done" }, Cancel);

        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = await Store.ListAuditAsync(new(2, after), Cancel);
            seen.AddRange(page.Items.Select(static record => record.Action));
            after = page.Next;
        }
        while (after is not null);

        seen.ShouldBe(["5", "4", "3", "2", "1"]);
    }

    [Fact]
    public async Task The_audit_is_clean_and_goes_after_a_year()
    {
        Needs(StoreCapabilities.Records);
        await Store.WriteAuditAsync(new() { By = "a\0b", Action = new string('x', 300), Outcome = "done" }, Cancel);

        var kept = (await Store.ListAuditAsync(new(10), Cancel)).Items.ShouldHaveSingleItem();
        (kept.By, kept.Action.Length).ShouldBe(("a\ufffdb", 256));
        Clock.Advance(JobDefaults.AuditRetention);
        await Store.PruneAsync(100, Cancel);
        (await Store.ListAuditAsync(new(10), Cancel)).Items.ShouldHaveSingleItem();
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.PruneAsync(100, Cancel);
        (await Store.ListAuditAsync(new(10), Cancel)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Lines_of_many_at_once_are_in_one_chain()
    {
        Needs(StoreCapabilities.Records);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async writer =>
        {
            for (var i = 0; i < 5; i++)
                await Store.WriteAuditAsync(new() { By = $"{writer}", Action = $"{i}", Outcome = "done" }, Cancel);
        }));

        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        (await Store.ListAuditAsync(new(200), Cancel)).Items.Count.ShouldBe(100);
    }

    [Fact]
    public async Task The_chain_goes_on_when_its_oldest_lines_have_gone()
    {
        Needs(StoreCapabilities.Records);
        await WriteAsync("old", 130);
        Clock.Advance(JobDefaults.AuditRetention);
        await WriteAsync("young", 2);
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await PruneAsync()).ShouldBeLessThan(132);
        (await PruneAsync()).ShouldBe(2);
        await WriteAsync("new", 1);
        (await PruneAsync()).ShouldBe(3);
        Clock.Advance(JobDefaults.AuditRetention + TimeSpan.FromSeconds(1));
        (await PruneAsync()).ShouldBe(0);
        await WriteAsync("last", 1);
        (await PruneAsync()).ShouldBe(1);

        async Task WriteAsync(string action, int lines)
        {
            for (var i = 0; i < lines; i++)
                await Store.WriteAuditAsync(new() { Action = action, Outcome = "done" }, Cancel);
        }

        async Task<int> PruneAsync()
        {
            await Store.PruneAsync(100, Cancel);
            (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
            return (await Store.ListAuditAsync(new(200), Cancel)).Items.Count;
        }
    }

    [Fact]
    public async Task Of_many_who_keep_a_note_one_writes_and_all_get_it()
    {
        Needs(StoreCapabilities.Records);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => KeepAsync("key", $"note {i}")));

        answers.Distinct().ShouldHaveSingleItem();
        (await KeepAsync("key", "later")).ShouldBe(answers[0]);
        (await KeepAsync("other", "later")).ShouldBe("later");
    }

    [Fact]
    public async Task A_note_whose_time_is_over_is_written_anew()
    {
        Needs(StoreCapabilities.Records);
        await KeepAsync("key", "one");
        Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        (await KeepAsync("key", "two")).ShouldBe("one");

        Clock.Advance(TimeSpan.FromSeconds(1));

        (await KeepAsync("key", "two")).ShouldBe("two");
    }

    [Fact]
    public async Task A_note_is_found_until_its_time_is_over()
    {
        Needs(StoreCapabilities.Records);
        (await FindAsync("key")).ShouldBeNull();
        await KeepAsync("key", "one");
        (await FindAsync("key")).ShouldBe("one");
        (await FindAsync("other")).ShouldBeNull();

        Clock.Advance(TimeSpan.FromHours(1));

        (await FindAsync("key")).ShouldBeNull();
        (await KeepAsync("key", "two")).ShouldBe("two", "looking for a note writes none");
        await Should.ThrowAsync<ArgumentException>(() => FindAsync(""));
    }

    [Fact]
    public async Task What_is_no_note_is_refused()
    {
        Needs(StoreCapabilities.Records);

        await Should.ThrowAsync<ArgumentException>(() => KeepAsync("", "x"));
        await Should.ThrowAsync<ArgumentException>(() => KeepAsync(new string('k', 257), "x"));
        await Should.ThrowAsync<ArgumentException>(() => KeepAsync("k", new string('x', JobLimits.NoteBytes + 1)));
    }

    [Fact]
    public async Task As_many_jobs_as_the_store_takes_together_are_written_or_none()
    {
        var most = Store.MostJobsTogether;
        most.ShouldBeGreaterThanOrEqualTo(1_000);
        var jobs = await NewJobsAsync(most);

        (await Store.EnqueueAsync(jobs, null, Cancel)).ShouldAllBe(static answer => answer.Status == EnqueueStatus.Created);
        await Should.ThrowAsync<ArgumentException>(async () => await Store.EnqueueAsync([.. jobs, jobs[0]], null, Cancel));
    }

    private async Task<string?> FindAsync(string key)
        => await Store.FindNoteAsync(key, Cancel) is { } note ? Encoding.UTF8.GetString(note.Span) : null;

    private async Task<string> KeepAsync(string key, string note)
        => Encoding.UTF8.GetString((await Store.KeepNoteAsync(key, Encoding.UTF8.GetBytes(note), TimeSpan.FromHours(1), Cancel)).Span);
}
