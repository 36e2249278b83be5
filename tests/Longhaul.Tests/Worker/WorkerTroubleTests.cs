using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Longhaul.Conformance;
using Longhaul.Diagnostics;
using Longhaul.Memory;
using Longhaul.Storage;
using Longhaul.Tests.Client;
using Longhaul.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Tests.Worker;

/// <summary>What goes wrong around a run, and must cost that run only.</summary>
[Collection("Listeners of traces hear the whole process")]
public sealed class WorkerTroubleTests
{
    private static readonly EnqueueOptions Once = new() { MaxAttempts = 1 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handler_that_runs_out_of_memory_fails_its_job_and_the_slot_goes_on()
    {
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(static (job, _, _) => job.Number == 0 ? Task.FromResult(new byte[(long)Array.MaxLength + 1]) : Task.CompletedTask),
            w => w.Concurrency = 1);

        var broken = await app.Jobs.EnqueueAsync(new Work(0), Once, Cancel);
        var sound = await app.Jobs.EnqueueAsync(new Work(1), Once, Cancel);

        (await app.EndOfAsync(broken)).State.ShouldBe(JobState.Failed);
        (await app.EndOfAsync(sound)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task What_is_due_and_held_by_somebody_is_looked_for_less_and_less_often()
    {
        const int Claims = 12;
        var waits = new ConcurrentDictionary<int, TimeSpan>(); // the first after each claim
        var (claims, enough) = (0, new Signal());
        var store = AroundStore.Of(new MemoryStore(), (name, args, call) =>
        {
            if (name == nameof(IJobStore.ClaimAsync))
            {
                if (Interlocked.Increment(ref claims) > Claims)
                    enough.Set();
                return Task.FromResult(new ClaimAnswer(LeaseReply.Held, [], TimeSpan.FromMilliseconds(5)));
            }

            if (name != nameof(IJobStore.WaitForWorkAsync))
                return call();
            waits.TryAdd(claims, (TimeSpan)args[2]!);
            return Task.CompletedTask;
        });

        await using var app = await TestApp.StartAsync(static l => l.AddHandler<Work>(static (_, _, _) => Task.CompletedTask), static w => w.Concurrency = 1, store);
        await enough.Task.WaitAsync(TestApp.Patience, Cancel);

        Enumerable.Range(1, 11).Select(claim => Math.Ceiling(waits[claim].TotalMilliseconds / 5) * 5).ShouldBe([5, 5, 10, 20, 40, 80, 160, 320, 640, 640, 640]);
    }

    [Fact]
    public async Task A_job_that_was_lost_often_keeps_others_like_it_waiting_until_it_makes_headway()
    {
        var (refused, goOn, allowed, end) = (new Signal(), new Signal(), new Signal(), new Signal());
        var store = AroundStore.Of(new MemoryStore(), (name, args, call) =>
        {
            if (name != nameof(IJobStore.ClaimAsync))
                return call();
            if (!((ClaimRequest)args[0]!).AllowSuspect)
                refused.Set();
            else if (goOn.Task.IsCompleted)
                allowed.Set();
            return LostOftenAsync((Task<ClaimAnswer>)call()!);
        });
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>(async (_, context, _) =>
            {
                await goOn.Task;
                await context.PhaseAsync("one", 0.5, static _ => Task.CompletedTask);
                await end.Task;
            }),
            static w => w.Concurrency = 2,
            store);

        var id = await app.Jobs.EnqueueAsync(new Work(), Once, Cancel);
        await refused.WaitAsync("a claim that asks for no second job like it");
        goOn.Set();
        await allowed.WaitAsync("a claim that does, while the first goes on");
        end.Set();

        (await app.EndOfAsync(id)).State.ShouldBe(JobState.Completed);

        static async Task<ClaimAnswer> LostOftenAsync(Task<ClaimAnswer> claim)
        {
            var answer = await claim;
            return answer with { Runs = [.. answer.Runs.Select(static run => run with { LostRuns = JobDefaults.SuspectAfter })] };
        }
    }

    [Fact]
    public async Task A_logger_that_throws_costs_its_line_and_no_run()
    {
        await using var app = await TestApp.StartAsync(
            static l => l.AddHandler<Work>(static (_, _, _) => Task.CompletedTask),
            static w => w.Concurrency = 1,
            logger: new ThrowingLoggerProvider());

        var first = await app.Jobs.EnqueueAsync(new Work(1), Once, Cancel);
        var second = await app.Jobs.EnqueueAsync(new Work(2), Once, Cancel);

        (await app.EndOfAsync(first)).State.ShouldBe(JobState.Completed);
        (await app.EndOfAsync(second)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_listener_that_throws_costs_its_run_and_no_slot()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == JobActivity.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = static activity =>
            {
                if (activity.OperationName == "process test.spoilt")
                    throw new InvalidOperationException("A bug of the listener.");
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = await TestApp.StartAsync(
            static l => l.AddHandler<Spoilt>(static (_, _, _) => Task.CompletedTask).AddHandler<Work>(static (_, _, _) => Task.CompletedTask),
            static w => w.Concurrency = 1);

        var first = await app.Jobs.EnqueueAsync(new Spoilt(), Once, Cancel);
        var second = await app.Jobs.EnqueueAsync(new Work(), Once, Cancel);

        (await app.EndOfAsync(first)).State.ShouldBe(JobState.Failed);
        (await app.EndOfAsync(second)).State.ShouldBe(JobState.Completed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listener_that_breaks_a_run_leaves_no_run_counted_as_running(bool atTheEnd)
    {
        static void Break(Activity activity)
        {
            if (activity.OperationName == "process test.counted")
                throw new InvalidOperationException("A bug of the listener.");
        }

        using var traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == JobActivity.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = atTheEnd ? null : Break,
            ActivityStopped = atTheEnd ? Break : null,
        };
        ActivitySource.AddActivityListener(traces);
        var running = 0L;
        using var metrics = new MeterListener();
        metrics.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "longhaul.job.running")
                listener.EnableMeasurementEvents(instrument);
        };
        metrics.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (tags.ToArray().Contains(new("longhaul.job.name", "test.counted")))
                Interlocked.Add(ref running, count);
        });
        metrics.Start();

        await using (var app = await TestApp.StartAsync(static l => l.AddHandler<Counted>(static (_, _, _) => Task.CompletedTask)))
        {
            var id = await app.Jobs.EnqueueAsync(new Counted(), Once, Cancel);
            await app.EndOfAsync(id);
        }

        running.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refused_child_fails_its_own_job_once_and_no_neighbour(bool inALoop)
    {
        var runs = 0;
        var refused = new Signal();
        await using var app = await TestApp.StartAsync(l => l
            .AddHandler<OtherWork>(static (_, _, _) => Task.CompletedTask)
            .AddHandler<Work>(async (job, context, stop) =>
            {
                if (job.Number == 1)
                {
                    await context.ForEachAsync((int? after) => Enumerable.Range((after ?? 0) + 1, 5 - (after ?? 0)), static n => n, async (n, _) =>
                    {
                        if (n == 3)
                            await refused.WaitAsync("the end of the bad job");
                    });
                    return;
                }

                Interlocked.Increment(ref runs);
                await context.EnqueueAsync(new OtherWork(), new EnqueueOptions { ContinueFrom = new JobId(4_711) }, stop);
                if (inALoop)
                    await context.ForEachAsync((int? after) => Enumerable.Range((after ?? 0) + 1, 1_000_000), static n => n, static async (_, token) => await Task.Delay(5, token));
            }));

        var neighbour = await app.Jobs.EnqueueAsync(new Work(1), Once, Cancel);
        var bad = await app.Jobs.EnqueueAsync(new Work(0), cancellationToken: Cancel);

        var failed = await app.EndOfAsync(bad);
        refused.Set();
        failed.State.ShouldBe(JobState.Failed);
        failed.Error!.Message.ShouldContain(inALoop ? "cannot be written" : "refused");
        runs.ShouldBe(1);
        (await app.EndOfAsync(neighbour)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_store_that_is_away_for_a_moment_costs_a_loop_no_attempt()
    {
        var store = new FaultyStore(new MemoryStore());
        await using var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) => context.ForEachAsync(
                static (int? after) => Enumerable.Range((after ?? 0) + 1, 10 - (after ?? 0)),
                static n => n,
                (n, _) =>
                {
                    if (n == 5)
                        store.FailFlushes(3);
                    return Task.CompletedTask;
                },
                new LoopOptions { FlushEvery = 1 })),
            store: store);

        var id = await app.Jobs.EnqueueAsync(new Work(), Once, Cancel);

        (await app.EndOfAsync(id)).State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_stop_reaches_a_worker_that_drains()
    {
        var store = new MemoryStore();
        var began = new Signal();
        var app = await TestApp.StartAsync(
            l => l.AddHandler<Work>((_, context, _) => context.ForEachAsync(
                static (int? after) => Enumerable.Range((after ?? 0) + 1, 1_000_000),
                static n => n,
                async (n, token) =>
                {
                    if (n == 3)
                        began.Set();
                    await Task.Delay(5, token);
                })),
            static w => w.MaxJobs = 1,
            store);
        var id = await app.Jobs.EnqueueAsync(new Work(), cancellationToken: Cancel);
        await began.WaitAsync("the loop of the only job that it may run");

        await app.StopAsync().WaitAsync(TestApp.Patience, Cancel);

        var job = await store.GetJobAsync(id, Cancel);
        (job!.State, job.FailedAttempts, job.LostRuns).ShouldBe((JobState.Pending, 0, 0));
    }

    [Fact]
    public async Task After_a_jump_of_the_clock_no_lease_is_judged_for_a_lease()
    {
        var clock = new ManualClock();
        var store = new FaultyStore(new MemoryStore(clock));
        var options = new WorkerOptions { Lease = TimeSpan.FromSeconds(30) };
        using var meters = new Meters();
        var recovery = new Recovery(store, options, clock, new JobMetrics(meters, clock), NullLogger.Instance);
        var session = new WorkerSession(new SessionId(1), clock, options.Lease, TimeSpan.FromSeconds(2));
        var silent = new Peer(new SessionId(2), new HostIdentity("another", "another", "another"), 1, "1", LeaseExpired: true);
        var storeTime = TimeSpan.FromHours(1);
        void Tick(TimeSpan storePassed, bool expired)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            storeTime += storePassed;
            recovery.Look(session, new BeatAnswer { Lease = LeaseReply.Held, LeaseClock = storeTime, Peers = expired ? [silent] : [] }, clock.GetTimestamp());
        }

        Tick(TimeSpan.FromSeconds(1), expired: false);
        Tick(TimeSpan.FromSeconds(61), expired: true); // the machine slept for a minute
        for (var second = 0; second < 29; second++)
            Tick(TimeSpan.FromSeconds(1), expired: true);
        await recovery.StopAsync();
        store.Recoveries.ShouldBeEmpty("nobody was silent: the clock jumped");

        Tick(TimeSpan.FromSeconds(1), expired: true);
        await recovery.StopAsync();
        store.Recoveries.ShouldBe([null]);
    }

    [Job("test.spoilt")]
    private sealed record Spoilt;

    [Job("test.counted")]
    private sealed record Counted;

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }

    private sealed class ThrowingLoggerProvider : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains(") begins", StringComparison.Ordinal))
                throw new IOException("The disk of the log is full.");
        }

        public void Dispose()
        {
        }
    }
}
