using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests.Worker;

public sealed class WorkerRunTests
{
    private static readonly EnqueueOptions AtOnce = new() { RetryDelay = TimeSpan.Zero };

    [Fact]
    public async Task A_job_is_run_and_completed_with_its_result()
    {
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((job, context, _) =>
        {
            context.SetResult(job.Number * 2);
            return Task.CompletedTask;
        }));

        var id = await app.Jobs.EnqueueAsync(new Work(21), cancellationToken: TestContext.Current.CancellationToken);
        var job = await app.EndOfAsync(id);

        job.State.ShouldBe(JobState.Completed);
        job.ResultAs<int>().ShouldBe(42);
    }

    [Fact]
    public async Task An_error_is_tried_again_and_fails_when_no_attempts_are_left()
    {
        var attempts = new List<(int Attempt, bool IsLast)>();
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, context, _) =>
        {
            attempts.Add((context.Attempt, context.IsLastAttempt));
            throw new InvalidOperationException("broken");
        }));

        var id = await app.Jobs.EnqueueAsync(new Work(), AtOnce, TestContext.Current.CancellationToken);
        var job = await app.EndOfAsync(id);

        job.State.ShouldBe(JobState.Failed);
        job.Error!.Message.ShouldBe("broken");
        attempts.ShouldBe([(1, false), (2, false), (3, true)]);
    }

    [Fact]
    public async Task FailNow_ends_the_attempts()
    {
        var runs = 0;
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, _, _) =>
        {
            runs++;
            throw new FailNowException("no use");
        }));

        var job = await app.EndOfAsync(await app.Jobs.EnqueueAsync(new Work(), AtOnce, TestContext.Current.CancellationToken));

        job.State.ShouldBe(JobState.Failed);
        runs.ShouldBe(1);
    }

    [Fact]
    public async Task FailedAsync_is_called_once_with_the_error_when_the_job_has_failed()
    {
        var hook = new FailingHandler();
        await using var app = await TestApp.StartAsync(l =>
        {
            Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(l.Services, hook);
            l.AddHandler<Work, FailingHandler>();
        });

        var id = await app.Jobs.EnqueueAsync(new Work(), new EnqueueOptions { MaxAttempts = 1 }, TestContext.Current.CancellationToken);
        await hook.Called.WaitAsync("FailedAsync");

        hook.Failure!.Message.ShouldBe("always");
        (await app.Jobs.GetAsync(id, TestContext.Current.CancellationToken))!.State.ShouldBe(JobState.Failed);
    }

    [Fact]
    public async Task A_cancel_reaches_a_running_job()
    {
        var began = new Signal();
        var reason = StopReason.None;
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>(async (_, context, token) =>
        {
            began.Set();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                reason = context.StopReason;
            }
        }));
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await began.WaitAsync("the handler");

        (await app.Jobs.CancelAsync(id, "not needed", TestContext.Current.CancellationToken)).ShouldBeTrue();
        var job = await app.EndOfAsync(id);

        job.State.ShouldBe(JobState.Cancelled);
        job.Reason!.ShouldContain("not needed");
        reason.ShouldBe(StopReason.Cancelled);
    }

    [Fact]
    public async Task A_paused_loop_goes_on_at_its_cursor_when_it_is_resumed()
    {
        var items = new List<int>();
        var third = new Signal();
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, context, _) => context.ForEachAsync(
            source: (int? after) => Enumerable.Range((after ?? 0) + 1, 5 - (after ?? 0)),
            cursor: item => item,
            body: async (item, token) =>
            {
                lock (items)
                    items.Add(item);
                if (item == 3 && !third.Task.IsCompleted)
                {
                    third.Set();
                    // In flight while the pause comes: it is let finish, and no further item begins.
                    while (context.StopReason == StopReason.None)
                        await Task.Delay(5, token);
                }
            })));
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await third.WaitAsync("the third item");

        await app.Store.ActAsync(JobAction.Pause, [id], new ActionContext("tester"), TestContext.Current.CancellationToken);
        var paused = await app.UntilAsync(id, j => j.State == JobState.Paused, "paused");
        await app.Store.ActAsync(JobAction.Resume, [id], new ActionContext("tester"), TestContext.Current.CancellationToken);
        var job = await app.EndOfAsync(id);

        paused.FailedAttempts.ShouldBe(0);
        job.State.ShouldBe(JobState.Completed);
        items.ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_time_limit_trips_the_token_and_counts_as_an_error()
    {
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, _, token) => Task.Delay(Timeout.Infinite, token)));

        var id = await app.Jobs.EnqueueAsync(
            new Work(), new EnqueueOptions { Timeout = TimeSpan.FromMilliseconds(50), MaxAttempts = 1 }, TestContext.Current.CancellationToken);
        var job = await app.EndOfAsync(id);

        job.State.ShouldBe(JobState.Failed);
        job.Error!.Type.ShouldBe("timeout");
    }

    [Fact]
    public async Task While_the_code_of_a_timed_out_run_goes_on_its_job_is_not_run_again()
    {
        var let = new Signal();
        var together = 0;
        var most = 0;
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(async (_, context, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref together));
                if (context.RunNumber == 1)
                    await let.Task; // deaf to its token
                Interlocked.Decrement(ref together);
            }),
            w => w.TimeoutGrace = TimeSpan.FromMilliseconds(50));

        var id = await app.Jobs.EnqueueAsync(
            new Work(), new EnqueueOptions { Timeout = TimeSpan.FromMilliseconds(50), RetryDelay = TimeSpan.Zero }, TestContext.Current.CancellationToken);
        var held = await app.UntilAsync(id, j => j.State == JobState.Waiting, "held");
        let.Set();
        var job = await app.EndOfAsync(id);

        held.WaitsFor.ShouldBe("old run has not ended");
        job.State.ShouldBe(JobState.Completed);
        most.ShouldBe(1);
    }

    [Fact]
    public async Task After_a_loss_a_run_shows_its_headway_before_the_next_flush_is_due()
    {
        var cancel = TestContext.Current.CancellationToken;
        var store = new MemoryStore();
        var id = await store.TakeIdsAsync(1, null, cancel);
        await store.EnqueueAsync([new NewJob { Id = id, Nonce = 1, Name = "test.work", Queue = "default", Payload = "{}"u8.ToArray() }], null, cancel);
        using (var dead = await TestWorker.OpenAsync(store, static worker => worker with { Names = ["test.work"] }))
        {
            await dead.ClaimOneAsync(id);
            await store.RecoverAsync(null, [dead.Session], null, cancel);
        }

        var hold = new Signal();
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) => context.ForEachAsync(
                static (int? after) => Enumerable.Range((after ?? 0) + 1, 2), static n => n, async (n, token) =>
                {
                    if (n == 2)
                        await hold.Task.WaitAsync(token);
                })),
            static w => w.FlushInterval = TimeSpan.FromHours(1),
            store);

        var job = await app.UntilAsync(id, static j => j.State == JobState.Running && j.LostRuns == 0, "running, with headway");

        job.RunNumber.ShouldBe(2);
        hold.Set();
    }

    private sealed class FailingHandler : IJobHandler<Work>
    {
        public Signal Called { get; } = new();

        public JobFailure? Failure { get; private set; }

        public Task HandleAsync(Work job, JobContext context, CancellationToken cancellationToken) => throw new InvalidOperationException("always");

        public Task FailedAsync(Work job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
        {
            Failure = failure;
            Called.Set();
            return Task.CompletedTask;
        }
    }
}
