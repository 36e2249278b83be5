using Longhaul.Memory;
using Longhaul.Storage;
using Longhaul.Tests.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Worker;

/// <summary>What happens in an unlucky order: code that ends late, calls that are slow, a store that errs.</summary>
public sealed class WorkerRaceTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private static readonly EnqueueOptions OutOfTimeSoon = new() { Timeout = Moment, RetryDelay = TimeSpan.Zero };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Code_that_ends_before_the_end_of_its_run_is_written_holds_its_job_no_longer()
    {
        var code = new Signal();
        var holdEnded = new Signal();
        var settles = 0;
        var store = AroundStore.Of(new MemoryStore(), (name, _, call) =>
        {
            if (name == nameof(IJobStore.EndHoldAsync))
                holdEnded.Set();
            return name == nameof(IJobStore.SettleAsync) && Interlocked.Increment(ref settles) == 1 ? SlowlyAsync(call) : call();
        });
        async Task<IReadOnlyList<SettleAnswer>> SlowlyAsync(Func<object?> call)
        {
            code.Set();
            await Task.WhenAny(holdEnded.Task, Task.Delay(4 * Moment)); // time for the hold to be ended too early
            return await (Task<IReadOnlyList<SettleAnswer>>)call()!;
        }

        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) => context.RunNumber == 1 ? code.Task : Task.CompletedTask), w => w.TimeoutGrace = Moment, store);
        var id = await app.Jobs.EnqueueAsync(new Work(), OutOfTimeSoon, Cancel);

        (await app.EndOfAsync(id)).RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task FailedAsync_waits_until_the_code_of_the_failed_run_has_ended()
    {
        var handler = new DeafHandler();
        await using var app = await TestApp.StartAsync(
            l =>
            {
                l.Services.AddSingleton(handler);
                l.AddHandler<Work, DeafHandler>().AddHandler<OtherWork>(static (_, _, _) => Task.CompletedTask);
            },
            w => w.TimeoutGrace = Moment);
        var id = await app.Jobs.EnqueueAsync(new Work(), OutOfTimeSoon with { MaxAttempts = 1 }, Cancel);
        await app.UntilAsync(id, static job => job.State == JobState.Failed, "failed");
        await app.EndOfAsync(await app.Jobs.EnqueueAsync(new OtherWork(), cancellationToken: Cancel)); // due later than the hook

        handler.Code.Set();
        await handler.Called.WaitAsync("FailedAsync");

        handler.CalledWhileCodeRan.ShouldBeFalse();
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_ever_for_code_whose_session_was_lost()
    {
        var store = new MemoryStore();
        var (began, again, code) = (new Signal(), new Signal(), new Signal());
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) =>
            {
                (context.RunNumber == 1 ? began : again).Set();
                return context.RunNumber == 1 ? code.Task : Task.CompletedTask; // deaf to its token
            }),
            w => w.ShutdownTimeout = Moment,
            store);
        await app.Jobs.EnqueueAsync(new Work(), cancellationToken: Cancel);
        await began.WaitAsync("the first run");
        await store.RecoverAsync(null, [(await app.WorkerAsync()).Worker.Session], null, Cancel);
        await again.WaitAsync("the second run, in the new session");

        try
        {
            await app.StopAsync().WaitAsync(TestApp.Patience, Cancel);
        }
        finally
        {
            code.Set();
        }
    }

    [Fact]
    public async Task A_slow_save_of_one_run_holds_up_no_flush_of_its_neighbours()
    {
        var own = new AsyncLocal<bool>();
        var (saving, goOn) = (new Signal(), new Signal());
        var store = AroundStore.Of(new MemoryStore(), (name, _, call) => name == nameof(IJobStore.FlushAsync) && own.Value ? SlowlyAsync(call) : call());
        async Task<IReadOnlyList<WriteAnswer>> SlowlyAsync(Func<object?> call)
        {
            saving.Set();
            await goOn.Task;
            return await (Task<IReadOnlyList<WriteAnswer>>)call()!;
        }

        await using var app = await TestApp.StartAsync(
            l => l
                .AddHandler<Work>(async (_, context, stop) =>
                {
                    own.Value = true;
                    while (!goOn.Task.IsCompleted) // the flusher may have been quicker
                    {
                        context.Checkpoint.Set(1);
                        await context.Checkpoint.SaveAsync(stop);
                    }
                })
                .AddHandler<OtherWork>((_, context, _) =>
                {
                    context.Progress.Report(1, 2);
                    return goOn.Task;
                }),
            store: store);
        await app.Jobs.EnqueueAsync(new Work(), cancellationToken: Cancel);
        await saving.WaitAsync("the save");

        var neighbour = await app.Jobs.EnqueueAsync(new OtherWork(), cancellationToken: Cancel);

        try
        {
            await app.UntilAsync(neighbour, static job => job.Progress?.Done == 1, "flushed");
        }
        finally
        {
            goOn.Set();
        }
    }

    [Fact]
    public async Task What_code_that_does_not_stop_has_saved_is_flushed_before_the_worker_goes()
    {
        var store = new MemoryStore();
        var (began, code) = (new Signal(), new Signal());
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) =>
            {
                context.Checkpoint.Set(7);
                began.Set();
                return code.Task; // deaf to its token
            }),
            static w => (w.ShutdownTimeout, w.FlushInterval) = (Moment, TimeSpan.FromHours(1)),
            store);
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: Cancel);
        await began.WaitAsync("the handler");

        await app.StopAsync();

        (await store.GetCheckpointAsync(id, null, Cancel)).ShouldNotBeNull();
        code.Set();
    }

    [Fact]
    public async Task An_error_in_looking_after_the_worker_ends_neither_that_nor_the_worker()
    {
        var looks = 0;
        var store = AroundStore.Of(new MemoryStore(), (name, _, call) =>
            name == nameof(IJobStore.ListQueuesAsync) && Interlocked.Increment(ref looks) == 1 ? throw new InvalidOperationException("A bug of the store.") : call());
        await using var app = await TestApp.StartAsync(
            l => l
                .AddHandler<Work>(static (_, context, _) => context.ForEachAsync(
                    static (int? after) => Enumerable.Range((after ?? 0) + 1, 1_000_000), static n => n, static async (_, stop) => await Task.Delay(1, stop)))
                .AddHandler<OtherWork>(static (_, _, _) => Task.CompletedTask),
            static w => (w.Concurrency, w.TimeSlice) = (1, Moment),
            store);
        var slow = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: Cancel);
        await app.UntilAsync(slow, static job => job.State == JobState.Running, "running");

        var other = await app.Jobs.EnqueueAsync(new OtherWork(), cancellationToken: Cancel);

        (await app.EndOfAsync(other)).State.ShouldBe(JobState.Completed, "the long run gave way, at a later look");
        looks.ShouldBeGreaterThan(1);
    }

    private sealed class DeafHandler : IJobHandler<Work>
    {
        public Signal Code { get; } = new();

        public Signal Called { get; } = new();

        public bool CalledWhileCodeRan { get; private set; }

        public Task HandleAsync(Work job, JobContext context, CancellationToken cancellationToken) => Code.Task;

        public Task FailedAsync(Work job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
        {
            CalledWhileCodeRan = !Code.Task.IsCompleted;
            Called.Set();
            return Task.CompletedTask;
        }
    }
}
