using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests.Worker;

public sealed class WorkerStopTests
{
    [Fact]
    public async Task A_stop_interrupts_a_loop_at_once_and_hands_the_job_back_uncounted()
    {
        var store = new MemoryStore();
        var began = new Signal();
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) => context.ForEachAsync(
                source: (int? after) => Enumerable.Range((after ?? 0) + 1, 1_000_000),
                cursor: item => item,
                body: async (item, _) =>
                {
                    if (item > 3)
                        began.Set();
                    await Task.Yield();
                })),
            store: store);
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await began.WaitAsync("the loop");

        await app.StopAsync();
        var job = await store.GetJobAsync(id, TestContext.Current.CancellationToken);

        job!.State.ShouldBe(JobState.Pending);
        job.FailedAttempts.ShouldBe(0);
        job.LostRuns.ShouldBe(0);
        (await store.GetCheckpointAsync(id, null, TestContext.Current.CancellationToken)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_stop_lets_a_job_without_safe_points_finish()
    {
        var store = new MemoryStore();
        var began = new Signal();
        var go = new Signal();
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(async (_, _, _) =>
            {
                began.Set();
                await go.Task;
            }),
            store: store);
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await began.WaitAsync("the handler");

        var stopping = app.StopAsync();
        go.Set();
        await stopping;

        (await store.GetJobAsync(id, TestContext.Current.CancellationToken))!.State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_job_that_does_not_finish_within_the_shutdown_timeout_is_tripped_and_handed_back()
    {
        var store = new MemoryStore();
        var began = new Signal();
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(async (_, _, token) =>
            {
                began.Set();
                await Task.Delay(Timeout.Infinite, token);
            }),
            w => w.ShutdownTimeout = TimeSpan.FromMilliseconds(100),
            store);
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await began.WaitAsync("the handler");

        await app.StopAsync();

        var job = await store.GetJobAsync(id, TestContext.Current.CancellationToken);
        job!.State.ShouldBe(JobState.Pending);
        job.FailedAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task A_worker_that_stops_when_empty_also_runs_what_its_jobs_enqueue()
    {
        var store = new MemoryStore();
        var done = 0;
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(async (job, context, _) =>
            {
                Interlocked.Increment(ref done);
                if (job.Number > 0)
                    await context.EnqueueAsync(new Work(job.Number - 1));
            }),
            w => w.StopWhenEmpty = true,
            store: await WithJobAsync(store, new Work(5)));

        await app.EndedAsync();

        done.ShouldBe(6);
    }

    [Fact]
    public async Task A_worker_ends_after_the_number_of_jobs_it_may_run()
    {
        var store = new MemoryStore();
        var done = 0;
        for (var i = 0; i < 5; i++)
            await WithJobAsync(store, new Work(i));
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, _, _) =>
            {
                Interlocked.Increment(ref done);
                return Task.CompletedTask;
            }),
            w => w.MaxJobs = 3,
            store);

        await app.EndedAsync();

        done.ShouldBe(3);
    }

    [Fact]
    public async Task Slots_for_long_jobs_count_towards_the_number_of_jobs_a_worker_may_run()
    {
        var store = new MemoryStore();
        var done = 0;
        Task Count()
        {
            Interlocked.Increment(ref done);
            return Task.CompletedTask;
        }

        await using (var producer = await TestApp.StartAsync(static l => l.AddHandler<OtherWork>(static (_, _, _) => Task.CompletedTask), store: store))
        {
            for (var i = 0; i < 4; i++)
            {
                await producer.Jobs.EnqueueAsync(new Work(i), cancellationToken: TestContext.Current.CancellationToken);
                await producer.Jobs.EnqueueAsync(new LongWork(), cancellationToken: TestContext.Current.CancellationToken);
            }
        }

        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, _, _) => Count()).AddHandler<LongWork>((_, _, _) => Count()),
            static w => (w.MaxJobs, w.LongSlots) = (3, 4),
            new FaultyStore(store) { ClaimTime = TimeSpan.FromMilliseconds(50) });
        await app.EndedAsync();

        done.ShouldBe(3);
    }

    [Fact]
    public async Task An_order_to_restart_ends_the_workers_that_began_before_it()
    {
        var store = new MemoryStore();
        var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, _, _) => Task.CompletedTask), store: store);

        await app.WorkerAsync();
        (await store.RestartWorkersAsync(TestContext.Current.CancellationToken)).ShouldBe(1);

        await app.EndedAsync();
    }

    [Fact]
    public async Task A_worker_whose_timed_out_code_does_not_end_lets_the_others_finish_and_ends_with_13()
    {
        var store = new MemoryStore();
        var deaf = new Signal();
        var other = new Signal();
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, _, _) => deaf.Task).AddHandler<OtherWork>((_, _, _) => other.Task),
            w => (w.ExitWhenCodeHangs, w.TimeoutGrace) = (true, TimeSpan.FromMilliseconds(50)),
            store);
        var finishing = await app.Jobs.EnqueueAsync(new OtherWork(), cancellationToken: TestContext.Current.CancellationToken);
        await app.UntilAsync(finishing, static job => job.State == JobState.Running, "running");
        var hanging = await app.Jobs.EnqueueAsync(
            new Work(), new EnqueueOptions { Timeout = TimeSpan.FromMilliseconds(50), RetryDelay = TimeSpan.Zero }, TestContext.Current.CancellationToken);

        await app.UntilWorkerIsAsync(WorkerState.Stopping);
        other.Set();
        await app.EndedAsync();

        app.ExitCode.ShouldBe(13);
        (await store.GetJobAsync(finishing, TestContext.Current.CancellationToken))!.State.ShouldBe(JobState.Completed);
        var job = (await store.GetJobAsync(hanging, TestContext.Current.CancellationToken))!;
        job.State.ShouldBe(JobState.Pending, "the end of the process is the end of its code: the next attempt may begin");
        job.FailedAttempts.ShouldBe(1);
        deaf.Set();
    }

    /// <summary>Puts a job into a store from another application.</summary>
    private static async Task<MemoryStore> WithJobAsync(MemoryStore store, Work job)
    {
        var app = await TestApp.StartAsync(l => l.AddHandler<OtherWork>((_, _, _) => Task.CompletedTask), store: store);
        await app.Jobs.EnqueueAsync(job);
        await app.StopAsync();
        return store;
    }

    [Job("test.long", LongRunning = true)]
    private sealed record LongWork;
}
