using Longhaul.Conformance;
using Longhaul.Diagnostics;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests.Hosting;

/// <summary>The five states of the badge, and the cache of 5 s.</summary>
public sealed class QueueStatusTests
{
    private readonly ManualClock _clock = new();
    private readonly MemoryStore _store;
    private readonly QueueStatusReader _status;

    public QueueStatusTests()
    {
        _store = new MemoryStore(_clock);
        _status = new QueueStatusReader(_store, _clock);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_of_the_five_states_is_told_with_its_colour()
    {
        (await FreshAsync()).ShouldBe(("unknown", "gray", false));
        var id = await AddAsync("default");
        (await FreshAsync()).ShouldBe(("pending", "yellow", false));
        _clock.Advance(TimeSpan.FromSeconds(31));
        (await FreshAsync()).ShouldBe(("stalled", "red", false));
        using var worker = await TestWorker.OpenAsync(_store);
        await worker.ClaimOneAsync(id);
        (await FreshAsync()).ShouldBe(("processing", "green", true));
        await _store.ActAsync(JobAction.Delete, [id], default, Cancel);
        (await FreshAsync()).ShouldBe(("idle", "blue", true));
    }

    [Fact]
    public async Task An_answer_is_kept_for_5_s_or_until_it_is_cleared()
    {
        (await _status.GetAsync(cancellationToken: Cancel)).Pending.ShouldBe(0);
        await AddAsync("default");

        (await _status.GetAsync(cancellationToken: Cancel)).Pending.ShouldBe(0);
        _status.ClearCache();
        (await _status.GetAsync(cancellationToken: Cancel)).Pending.ShouldBe(1);
        await AddAsync("default");
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await _status.GetAsync(cancellationToken: Cancel)).Pending.ShouldBe(2);
    }

    [Fact]
    public async Task A_pattern_counts_its_queues()
    {
        await AddAsync("ingest");
        await AddAsync("ingest-preview");
        await AddAsync("other");

        var status = await _status.GetAsync("*ingest*", Cancel);

        (status.Pending, status.MatchingPending).ShouldBe((3, 2));
        (await _status.GetAsync(cancellationToken: Cancel)).MatchingPending.ShouldBeNull();
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_unknown()
    {
        var status = await new QueueStatusReader(new Worker.FaultyStore(_store) { Away = true }, _clock).GetAsync(cancellationToken: Cancel);

        (status.Worker, status.Color, status.Pending, status.Hint).ShouldBe(("unknown", "gray", null, "The store does not answer"));
    }

    private async Task<(string, string, bool)> FreshAsync()
    {
        _status.ClearCache();
        var status = await _status.GetAsync(cancellationToken: Cancel);
        return (status.Worker, status.Color, status.LikelyRunning);
    }

    private async Task<JobId> AddAsync(string queue)
    {
        var job = Make.Job(await _store.TakeIdsAsync(1, null, Cancel)) with { Queue = queue };
        return (await _store.EnqueueAsync([job], null, Cancel))[0].Id;
    }
}
