using System.Collections.Concurrent;
using Longhaul.Memory;
using Longhaul.Storage;
using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Client;

/// <summary>Each job is written exactly once, under an id that is nobody else's.</summary>
public sealed class WriteTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Job("write.job")]
    public sealed record Work(int Number);

    private readonly MemoryStore _memory = new();

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_repeated_and_makes_one_job()
    {
        var lost = 0;
        await using var services = With((method, _, call) =>
        {
            var answer = call();
            return method == nameof(IJobStore.EnqueueAsync) && lost++ < 3
                ? Task.FromException<IReadOnlyList<EnqueueAnswer>>(new StoreUnavailableException("The connection broke after the write."))
                : answer;
        });

        var result = await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop);

        lost.ShouldBe(4);
        result.Created.ShouldBeTrue();
        (await AllAsync()).ShouldHaveSingleItem().Id.ShouldBe(result.Id);
    }

    [Fact]
    public async Task An_error_that_will_not_pass_is_thrown_at_once()
    {
        var calls = 0;
        await using var services = With((method, _, call) => method == nameof(IJobStore.EnqueueAsync) && ++calls > 0
            ? Task.FromException<IReadOnlyList<EnqueueAnswer>>(new StoreException("The disk is full.")) : call());

        await Should.ThrowAsync<StoreException>(async () => await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop));

        calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_write_in_a_transaction_is_not_repeated()
    {
        var calls = 0;
        await using var services = With((method, _, call) => method switch
        {
            "get_" + nameof(IJobStore.Info) => new StoreInfo("fake", "here", StoreCapabilities.Transactions),
            nameof(IJobStore.TakeIdsAsync) => ValueTask.FromResult(new JobId(50)),
            nameof(IJobStore.EnqueueAsync) when ++calls > 0 => Task.FromException<IReadOnlyList<EnqueueAnswer>>(new StoreBusyException("Busy.")),
            _ => call(),
        });

        await Should.ThrowAsync<StoreBusyException>(async () => await services.Client().EnqueueAsync(new Work(1), new NoTransaction(), cancellationToken: Stop));

        calls.ShouldBe(1);
    }

    [Theory, InlineData(0), InlineData(9_000), InlineData(50_000)]
    public async Task After_a_restore_new_jobs_get_ids_that_are_free(int jobs)
    {
        for (var i = 1; i <= jobs; i += 1_000)
        {
            await _memory.EnqueueAsync(
                [.. Enumerable.Range(i, Math.Min(1_000, jobs - i + 1)).Select(static n => new NewJob { Id = new JobId(n), Nonce = -1, Name = "old", Queue = "old", Payload = "{}"u8.ToArray() })],
                null,
                Stop);
        }

        await using var services = With(static (_, _, call) => call()); // the counter of the store is still at 1

        var one = await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop);
        var many = await services.Client().EnqueueManyAsync(Enumerable.Range(2, 2_500).Select(static n => new Work(n)), cancellationToken: Stop);

        one.Id.Value.ShouldBeGreaterThan(jobs);
        many.ShouldBe(2_500);
        (await AllAsync("write.job")).Select(static j => j.Id).Distinct().Count().ShouldBe(2_501);
    }

    [Fact]
    public async Task A_counter_that_never_gets_free_ids_ends_in_an_error_that_says_so()
    {
        await using var services = With(static (method, _, call) => method == nameof(IJobStore.EnqueueAsync)
            ? Task.FromResult<IReadOnlyList<EnqueueAnswer>>([new EnqueueAnswer(EnqueueStatus.IdTaken, default)]) : call());

        var error = await Should.ThrowAsync<StoreException>(async () => await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop));

        error.Message.ShouldContain("run 'longhaul doctor'");
    }

    [Fact]
    public async Task Callers_side_by_side_never_share_an_id_and_take_few_blocks()
    {
        const int Callers = 16, Each = 2_000;
        var blocks = new ConcurrentQueue<int>();
        await using var services = With((method, args, call) =>
        {
            if (method == nameof(IJobStore.TakeIdsAsync))
                blocks.Enqueue((int)args[0]!);
            return call();
        });
        var jobs = services.Client();

        var ids = new ConcurrentBag<JobId>();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(c => Task.Run(
            async () =>
            {
                for (var i = 0; i < Each; i++)
                    ids.Add((await jobs.EnqueueAsync(new Work(i), cancellationToken: Stop)).Id);
            },
            Stop)));

        ids.Distinct().Count().ShouldBe(Callers * Each);
        blocks.Take(7).ShouldBe([16, 32, 64, 128, 256, 512, 1_000]);
        blocks.Count.ShouldBeLessThan(7 + (Callers * Each / 1_000) + 1);
    }

    [Fact]
    public async Task A_stream_is_written_in_thousands_and_tells_how_many_are_in()
    {
        await using var services = With(static (_, _, call) => call());
        var accepted = new List<long>();

        var created = await services.Client().EnqueueManyAsync(Numbers(2_300), accepted: new Told(accepted), cancellationToken: Stop);

        created.ShouldBe(2_300);
        accepted.ShouldBe([1_000, 2_000, 2_300]);
    }

    [Fact]
    public async Task A_stream_that_breaks_has_told_what_is_in()
    {
        await using var services = With(static (_, _, call) => call());
        var accepted = new List<long>();

        await Should.ThrowAsync<InvalidOperationException>(() => services.Client().EnqueueManyAsync(Numbers(2_300, breakAt: 2_100), accepted: new Told(accepted), cancellationToken: Stop));

        accepted.ShouldBe([1_000, 2_000]);
        (await AllAsync()).Count.ShouldBe(2_000);
    }

    [Fact]
    public async Task Jobs_whose_key_is_occupied_count_as_accepted_but_not_as_created()
    {
        await using var services = With(static (_, _, call) => call());
        var accepted = new List<long>();

        var created = await services.Client().EnqueueManyAsync(Numbers(1_200), new() { UniqueKey = "one" }, new Told(accepted), Stop);

        created.ShouldBe(1);
        accepted.ShouldBe([1_000, 1_200]);
    }

    [Fact]
    public async Task In_a_transaction_nothing_is_written_when_one_payload_is_refused()
    {
        var writes = 0;
        await using var services = With((method, _, call) => method switch
        {
            "get_" + nameof(IJobStore.Info) => new StoreInfo("fake", "here", StoreCapabilities.Transactions),
            nameof(IJobStore.TakeIdsAsync) => ValueTask.FromResult(new JobId(50)),
            nameof(IJobStore.EnqueueAsync) when ++writes > 0 => Task.FromResult<IReadOnlyList<EnqueueAnswer>>([]),
            _ => call(),
        });
        var payloads = Enumerable.Range(0, 1_500).Select(static n => n < 1_400 ? (object)new Work(n) : "text");

        await Should.ThrowAsync<ArgumentException>(() => services.Client().EnqueueManyAsync(payloads, new NoTransaction(), cancellationToken: Stop));

        writes.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_that_could_not_be_opened_is_tried_again_at_the_next_call()
    {
        var opens = 0;
        await using var services = With((method, _, call) => method == nameof(IJobStore.OpenAsync) && opens++ == 0
            ? Task.FromException(new StoreUnavailableException("Not yet.")) : call());

        await Should.ThrowAsync<StoreUnavailableException>(async () => await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop));
        await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop);
        await services.Client().EnqueueAsync(new Work(1), cancellationToken: Stop);

        opens.ShouldBe(2);
    }

    private ServiceProvider With(Func<string, object?[], Func<object?>, object?> around) => App.Of(l => l.UseStore(_ => AroundStore.Of(_memory, around)));

    private async Task<IReadOnlyList<JobRecord>> AllAsync(string? name = null)
    {
        var all = new List<JobRecord>();
        string? after = null;
        do
        {
            var page = await _memory.ListJobsAsync(new JobFilter { Name = name }, new PageRequest(1_000, after), Stop);
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return all;
    }

    private static async IAsyncEnumerable<Work> Numbers(int count, int breakAt = int.MaxValue)
    {
        await Task.Yield();
        for (var i = 0; i < count; i++)
            yield return i < breakAt ? new Work(i) : throw new InvalidOperationException("The file ends here.");
    }

    private sealed class Told(List<long> values) : IProgress<long>
    {
        public void Report(long value) => values.Add(value);
    }
}
