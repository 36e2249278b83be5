using Longhaul.Storage;
using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Sync;

public sealed class SyncTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Job("sync.step", MaxAttempts = 5)]
    public sealed record Step(string Name, string[]? Then = null, bool Fail = false, bool ThroughContext = false);

    public sealed class StepHandler(List<string> log, IJobClient jobs) : IJobHandler<Step>
    {
        public async Task HandleAsync(Step job, JobContext context, CancellationToken cancellationToken)
        {
            log.Add($"begin {job.Name}");
            foreach (var next in job.Then ?? [])
            {
                if (job.ThroughContext)
                    await context.EnqueueAsync(new Step(next), cancellationToken: cancellationToken);
                else
                    await jobs.EnqueueAsync(new Step(next), cancellationToken: cancellationToken);
            }

            log.Add($"end {job.Name}");
            if (job.Fail)
                throw new InvalidOperationException($"{job.Name} broke on attempt {context.Attempt} of {context.MaxAttempts}");
        }

        public Task FailedAsync(Step job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
        {
            log.Add($"failed {job.Name}: {failure.Message}");
            return Task.CompletedTask;
        }
    }

    private readonly List<string> _log = [];

    private ServiceProvider Services(Action<LonghaulBuilder>? more = null) => App.Of(
        l =>
        {
            l.UseSync().AddHandler<Step, StepHandler>();
            more?.Invoke(l);
        },
        s => s.AddSingleton(_log));

    [Fact]
    public async Task A_job_has_run_when_the_call_returns_whatever_its_delay()
    {
        await using var services = Services();

        var id = await services.Client().EnqueueAsync(new Step("a"), new() { Delay = TimeSpan.FromDays(1), Queue = "slow" }, Stop);

        _log.ShouldBe(["begin a", "end a"]);
        var job = await services.Client().GetAsync(id, Stop);
        job!.State.ShouldBe(JobState.Completed);
        job.Queue.ShouldBe("slow");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task What_a_job_enqueues_runs_after_it_in_order(bool throughContext)
    {
        await using var services = Services();

        await services.Client().EnqueueAsync(new Step("a", ["b", "c"], ThroughContext: throughContext), cancellationToken: Stop);

        _log.ShouldBe(["begin a", "end a", "begin b", "end b", "begin c", "end c"]);
    }

    [Fact]
    public async Task An_error_runs_the_hook_is_recorded_and_thrown_after_one_attempt()
    {
        await using var services = Services();

        var error = await Should.ThrowAsync<InvalidOperationException>(async () => await services.Client().EnqueueAsync(new Step("a", ["b"], Fail: true), cancellationToken: Stop));

        error.Message.ShouldBe("a broke on attempt 1 of 1");
        _log.ShouldBe(["begin a", "end a", "begin b", "end b", "failed a: a broke on attempt 1 of 1"], ignoreOrder: true);
        var failed = (await services.GetRequiredService<IJobStore>().ListJobsAsync(new JobFilter { States = [JobState.Failed] }, new PageRequest(10), Stop)).Items.ShouldHaveSingleItem();
        failed.Error!.Type.ShouldBe("System.InvalidOperationException");
        failed.FailedAttempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_retried_job_runs_in_the_call_that_retries_it()
    {
        await using var services = Services();
        var jobs = services.Client();
        await Should.ThrowAsync<InvalidOperationException>(async () => await jobs.EnqueueAsync(new Step("a", Fail: true), cancellationToken: Stop));
        var id = (await services.GetRequiredService<IJobStore>().ListJobsAsync(JobFilter.All, new PageRequest(1), Stop)).Items[0].Id;
        _log.Clear();

        await Should.ThrowAsync<InvalidOperationException>(() => jobs.RetryAsync(id, Stop));

        _log.ShouldContain("begin a");
        (await jobs.GetAsync(id, Stop))!.RunNumber.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_unique_job_that_is_there_is_not_run_again()
    {
        await using var services = Services();
        var options = new EnqueueOptions { UniqueKey = "one", UniqueScope = UniqueScope.Window, UniqueFor = TimeSpan.FromHours(1) };

        var first = await services.Client().EnqueueAsync(new Step("a"), options, Stop);
        var second = await services.Client().EnqueueAsync(new Step("b"), options, Stop);

        second.ShouldBe(new EnqueueResult(first.Id, Created: false));
        _log.ShouldBe(["begin a", "end a"]);
    }

    [Job("sync.nobody")]
    public sealed record Nobody;

    [Fact]
    public async Task A_job_without_a_handler_is_refused()
    {
        await using var services = Services();

        var error = await Should.ThrowAsync<InvalidOperationException>(async () => await services.Client().EnqueueAsync(new Nobody(), cancellationToken: Stop));

        error.Message.ShouldBe(
            "On the sync store a job runs in its caller, so that needs its handler, but this program has none for \"sync.nobody\". Add it by AddHandler in AddLonghaul.");
    }

    [Fact]
    public async Task Callers_side_by_side_each_run_their_own_job()
    {
        var ran = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var flow = new AsyncLocal<string?>();
        await using var services = App.Of(l => l.UseSync().AddHandler<Step>(async (job, _, _) =>
        {
            await Task.Yield();
            flow.Value.ShouldBe(job.Name);
            ran.AddOrUpdate(job.Name, 1, static (_, n) => n + 1);
        }));

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            flow.Value = $"job {i}";
            await services.Client().EnqueueAsync(new Step($"job {i}"), cancellationToken: Stop);
        }, Stop)));

        ran.Count.ShouldBe(200);
        ran.Values.ShouldAllBe(static n => n == 1);
    }

    [Fact]
    public async Task Waits_inside_a_run_and_transactions_are_refused()
    {
        NotSupportedException? refused = null;
        await using var services = App.Of(static l => l.UseSync(), s => s.AddLonghaul(l => l.AddHandler<Step>(async (_, _, provider, stop) =>
        {
            var jobs = provider.GetRequiredService<IJobClient>();
            var later = await jobs.EnqueueAsync(new Nobody(), cancellationToken: stop);
            refused = await Should.ThrowAsync<NotSupportedException>(() => jobs.WaitAsync(later, cancellationToken: stop));
        }).AddHandler<Nobody>(static (_, _, _) => Task.CompletedTask)));

        await services.Client().EnqueueAsync(new Step("a"), cancellationToken: Stop);

        refused.ShouldNotBeNull();
        await Should.ThrowAsync<NotSupportedException>(async () => await services.Client().EnqueueAsync(new Step("a"), transaction: null!, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_job_can_be_cancelled_while_it_runs()
    {
        await using var services = App.Of(static l => l.UseSync().AddHandler<Step>(static async (_, context, provider, stop) =>
        {
            (await provider.GetRequiredService<IJobClient>().CancelAsync(context.Id, "enough", CancellationToken.None)).ShouldBeTrue();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        }));

        var id = await services.Client().EnqueueAsync(new Step("a"), cancellationToken: Stop);

        var job = await services.Client().GetAsync(id, Stop);
        job!.State.ShouldBe(JobState.Cancelled);
        job.Reason.ShouldBe("enough");
    }
}
