using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests.Worker;

public sealed class WorkerLeaseTests
{
    [Fact]
    public async Task A_worker_that_was_declared_dead_tells_its_handler_and_opens_a_new_session()
    {
        var store = new MemoryStore();
        var began = new Signal();
        var told = new Signal();
        var second = new Signal();
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(async (_, context, token) =>
            {
                if (context.RunNumber > 1)
                {
                    second.Set();
                    return;
                }

                began.Set();
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    if (context.StopReason == StopReason.LeaseLost)
                        told.Set();
                }
            }),
            store: store);
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await began.WaitAsync("the handler");
        var worker = (await store.ListWorkersAsync(TestContext.Current.CancellationToken))[0];

        await store.RecoverAsync(null, [worker.Worker.Session], null, TestContext.Current.CancellationToken);

        await told.WaitAsync("the lost lease told to the handler");
        await second.WaitAsync("the run after it");
        var job = await app.EndOfAsync(id);
        job.State.ShouldBe(JobState.Completed);
        job.RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task A_released_job_is_told_at_its_worker_and_runs_again()
    {
        var began = new Signal();
        var told = new Signal();
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>(async (_, context, token) =>
        {
            if (context.RunNumber > 1)
                return;
            began.Set();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                if (context.StopReason == StopReason.LeaseLost)
                    told.Set();
            }
        }));
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await began.WaitAsync("the handler");

        await app.Store.ActAsync(JobAction.Release, [id], new ActionContext("tester"), TestContext.Current.CancellationToken);

        await told.WaitAsync("the release told to the handler");
        (await app.EndOfAsync(id)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_claim_whose_answer_was_lost_leaves_no_run_without_code()
    {
        var store = new FaultyStore(new MemoryStore()) { LoseClaims = 1 };
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, _, _) => Task.CompletedTask), store: store);

        var job = await app.EndOfAsync(await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken));

        job.State.ShouldBe(JobState.Completed);
        job.RunNumber.ShouldBe(1);
        store.LostClaims.ShouldBe(1);
    }

    [Fact]
    public async Task Runs_that_the_worker_does_not_know_are_handed_back()
    {
        var store = new MemoryStore();
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, _, _) => Task.CompletedTask),
            w => w.Queues("default"),
            store);
        var session = (await app.WorkerAsync()).Worker.Session;
        // A claim in the worker's name that the worker never hears of, as when it is lost on the way and forgotten.
        var id = await app.Jobs.EnqueueAsync(new Work(), new EnqueueOptions { Queue = "elsewhere" }, TestContext.Current.CancellationToken);
        var claim = await store.ClaimAsync(
            new ClaimRequest { Session = session, ClaimId = 77, Queues = ["elsewhere"], Names = ["test.work"], Slots = 1 }, TestContext.Current.CancellationToken);
        claim.Runs.Count.ShouldBe(1);

        var job = await app.UntilAsync(id, j => j.State == JobState.Pending, "pending again");

        job.LostRuns.ShouldBe(0);
        job.FailedAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_that_is_away_for_a_while_costs_nothing()
    {
        var store = new FaultyStore(new MemoryStore());
        await using var app = await TestApp.StartAsync(l => l.AddHandler<Work>((_, _, _) => Task.CompletedTask), store: store);
        var ids = new List<JobId>();
        for (var i = 0; i < 20; i++)
            ids.Add(await app.Jobs.EnqueueAsync(new Work(i), cancellationToken: TestContext.Current.CancellationToken));

        store.FailNext(claims: 3, settles: 3);
        for (var i = 0; i < 20; i++)
            ids.Add(await app.Jobs.EnqueueAsync(new Work(i), cancellationToken: TestContext.Current.CancellationToken));

        foreach (var id in ids)
            (await app.EndOfAsync(id)).RunNumber.ShouldBe(1);
    }

    [Fact]
    public async Task A_run_gives_way_when_others_of_its_queue_have_waited_for_longer_than_a_slice()
    {
        var long1 = new Signal();
        var runs = 0;
        await using var app = await TestApp.StartAsync(
            l => l
                .AddHandler<Work>((_, context, _) => context.ForEachAsync(
                    source: (int? after) => Enumerable.Range((after ?? 0) + 1, int.MaxValue - 1 - (after ?? 0)),
                    cursor: item => item,
                    body: async (_, token) =>
                    {
                        long1.Set();
                        runs = context.RunNumber;
                        await Task.Delay(1, token);
                    }))
                .AddHandler<OtherWork>((_, _, _) => Task.CompletedTask),
            w =>
            {
                w.Concurrency = 1;
                w.TimeSlice = TimeSpan.FromMilliseconds(100);
            });
        var slow = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: TestContext.Current.CancellationToken);
        await long1.WaitAsync("the long job");

        var quick = await app.EndOfAsync(await app.Jobs.EnqueueAsync(new OtherWork(), cancellationToken: TestContext.Current.CancellationToken));
        var again = await app.UntilAsync(slow, j => j.RunNumber == 2, "run again");

        quick.State.ShouldBe(JobState.Completed);
        again.FailedAttempts.ShouldBe(0);
        await app.Jobs.CancelAsync(slow, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_prefetched_job_never_waits_behind_a_long_one()
    {
        var block = new Signal();
        var blocked = new Signal();
        await using var app = await TestApp.StartAsync(
            l => l
                .AddHandler<Work>((_, _, _) => Task.CompletedTask)
                .AddHandler<OtherWork>(async (_, _, _) =>
                {
                    blocked.Set();
                    await block.Task;
                }),
            w => w.Concurrency = 1);
        for (var i = 0; i < 100; i++)
            await app.Jobs.EnqueueAsync(new Work(i), cancellationToken: TestContext.Current.CancellationToken);
        await app.EndOfAsync(await app.Jobs.EnqueueAsync(new Work(-1), cancellationToken: TestContext.Current.CancellationToken));

        await app.Jobs.EnqueueAsync(new OtherWork(), cancellationToken: TestContext.Current.CancellationToken);
        var behind = await app.Jobs.EnqueueAsync(new Work(-2), cancellationToken: TestContext.Current.CancellationToken);
        await blocked.WaitAsync("the long job");

        await app.UntilAsync(behind, j => j.State == JobState.Pending, "given back for others");
        block.Set();
        (await app.EndOfAsync(behind)).State.ShouldBe(JobState.Completed);
    }
}
