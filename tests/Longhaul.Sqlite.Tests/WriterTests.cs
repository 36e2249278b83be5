using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>Group commit: many callers, one transaction, each with an answer of its own.</summary>
public sealed class WriterTests : IAsyncDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Theory]
    [InlineData(SqliteSynchronous.Full, 2, 1)]
    [InlineData(SqliteSynchronous.Normal, 1, 1)]
    public async Task Only_what_must_be_on_the_disk_waits_for_it(SqliteSynchronous synchronous, long whenDurable, long whenNot)
    {
        var writer = (await _folder.OpenAsync(options => options.Synchronous = synchronous)).Writer;

        for (var i = 0; i < 3; i++)
        {
            (await writer.RunAsync(static tx => tx.Db.Ask("PRAGMA synchronous"), Cancel, durable: true)).ShouldBe(whenDurable);
            (await writer.RunAsync(static tx => tx.Db.Ask("PRAGMA synchronous"), Cancel, durable: false)).ShouldBe(whenNot);
        }
    }

    [Fact]
    public async Task One_that_fails_takes_none_of_its_group_with_it()
    {
        var store = await _folder.OpenAsync();
        using var gate = new ManualResetEventSlim(false);
        var blocker = Task.Run(() => store.Writer.RunAsync(_ => gate.Wait(TimeSpan.FromSeconds(30), Cancel), Cancel), Cancel);
        SpinWait.SpinUntil(() => store.Writer.IsBusy, TimeSpan.FromSeconds(30)).ShouldBeTrue();

        var good = Enumerable.Range(1, 10).Select(i => store.EnqueueAsync([Conformance.Make.Job(new(i))], null, Cancel)).ToList();
        var bad = store.Writer.RunAsync<int>(static tx => throw new InvalidOperationException("planted"), Cancel);
        var better = Enumerable.Range(11, 10).Select(i => store.EnqueueAsync([Conformance.Make.Job(new(i))], null, Cancel)).ToList();
        gate.Set();

        (await Should.ThrowAsync<InvalidOperationException>(() => bad)).Message.ShouldBe("planted");
        foreach (var answers in await Task.WhenAll(good.Concat(better)))
            answers.ShouldHaveSingleItem().Status.ShouldBe(EnqueueStatus.Created);
        await blocker;
        await store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_call_that_is_cancelled_while_it_waits_writes_nothing()
    {
        var store = await _folder.OpenAsync();
        using var gate = new ManualResetEventSlim(false);
        var blocker = Task.Run(() => store.Writer.RunAsync(_ => gate.Wait(TimeSpan.FromSeconds(30), Cancel), Cancel), Cancel);
        SpinWait.SpinUntil(() => store.Writer.IsBusy, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        using var source = new CancellationTokenSource();

        var call = store.EnqueueAsync([Conformance.Make.Job(new(1))], null, source.Token);
        await source.CancelAsync();
        gate.Set();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await blocker;
        (await store.GetJobAsync(new(1), Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_under_way_when_the_store_closes_is_written()
    {
        var store = await _folder.OpenAsync();
        var calls = Enumerable.Range(1, 200).Select(i => Task.Run(() => store.EnqueueAsync([Conformance.Make.Job(new(i))], null, Cancel), Cancel)).ToList();
        SpinWait.SpinUntil(() => calls.Exists(static call => call.IsCompleted), TimeSpan.FromSeconds(30)).ShouldBeTrue();

        await _folder.CloseAsync(store);

        var written = 0;
        foreach (var call in calls)
        {
            try
            {
                await call;
                written++;
            }
            catch (ObjectDisposedException)
            {
                // came too late
            }
        }

        _folder.Ask("SELECT count(*) FROM lh_job").ShouldBe(written);
    }
}
