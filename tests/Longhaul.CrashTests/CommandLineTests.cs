using System.Runtime.InteropServices;
using Longhaul.Proof;
using Longhaul.Storage;

namespace Longhaul.CrashTests;

/// <summary><c>work</c> and <c>work --processes</c>, with real processes: signals, children that die, exit codes.</summary>
public sealed partial class CommandLineTests : ProcessTest
{
    private const int Sigint = 2, Sigkill = 9, Sigterm = 15;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Sigterm)]
    [InlineData(Sigint)]
    public async Task A_signal_to_the_whole_group_ends_parent_and_workers_in_order(int signal)
    {
        var parent = Start("work --processes 2 --concurrency 1");
        var (workers, jobs) = await TwoAtWorkAsync();

        // As systemd, supervisord and a terminal do; the parent passes its own on besides.
        foreach (var pid in workers.Append(parent.Id))
            _ = Kill(pid, signal);

        await EndedInOrderAsync(parent, jobs);
    }

    [Theory]
    [InlineData(Sigterm)]
    [InlineData(Sigint)]
    public async Task A_signal_to_the_parent_alone_ends_all_in_order(int signal)
    {
        var parent = Start("work --processes 2 --concurrency 1");
        var (_, jobs) = await TwoAtWorkAsync();

        _ = Kill(parent.Id, signal);

        await EndedInOrderAsync(parent, jobs);
    }

    [Fact]
    public async Task A_worker_that_was_killed_is_started_again_and_its_job_goes_on()
    {
        var parent = Start("work --processes 2 --concurrency 1");
        var (workers, jobs) = await TwoAtWorkAsync();
        await Stage.UntilAsync(static e => e.Exists(static w => w is { Op: Ops.Flush, Type: EventType.Ok }), Patience, "a first flush");

        _ = Kill(workers[0], Sigkill);
        await Until.TrueAsync(async () => (await WorkersAsync()) is { Length: 2 } now && !now.Contains(workers[0]), Patience, "another worker");

        foreach (var id in jobs)
        {
            var job = await Stage.UntilEndedAsync(id, TimeSpan.FromMinutes(2));
            job.State.ShouldBe(JobState.Completed);
            job.FailedAttempts.ShouldBe(0);
        }

        var runs = Stage.Events().Where(static e => e.Op == Ops.Begin).GroupBy(static e => e.Job).Select(static job => job.Count()).Order();
        runs.ShouldBe([1, 2], "the job of the worker that was killed went on, the other's run was left alone");
        parent.Terminate();
        await parent.WaitForExitAsync(Patience);
        parent.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_signal_that_comes_twice_at_once_is_one_and_a_later_one_ends_at_once()
    {
        var worker = Start("work --shutdown-timeout 1h");
        var job = await Stage.EnqueueAsync(static order => new StubbornJob(order, Millis: 3_600_000, StubbornMillis: 3_600_000));
        await Stage.UntilBegunAsync(job);

        _ = Kill(worker.Id, Sigterm);
        _ = Kill(worker.Id, Sigterm);
        await Until.TrueAsync(async () => (await Stage.Store.ListWorkersAsync(Cancel)) is [{ State: WorkerState.Stopping }], Patience, "the worker to be stopping");
        await Until.TrueAsync(
            () =>
            {
                _ = Kill(worker.Id, Sigterm); // somebody insists
                return worker.HasExited;
            },
            Patience,
            "the end of the worker");

        worker.ExitCode.ShouldBe(128 + Sigterm);
    }

    [Fact]
    public async Task A_worker_over_its_memory_ends_with_12()
    {
        var worker = Start("work --memory 1");

        await worker.WaitForExitAsync(Patience);

        worker.ExitCode.ShouldBe(12);
    }

    [Fact]
    public async Task A_worker_whose_timed_out_code_does_not_end_ends_with_13()
    {
        var worker = Start("work --timeout 100ms --exit-when-code-hangs", settings => settings with { GraceSeconds = 0.1 });
        var job = await Stage.EnqueueAsync(static order => new StubbornJob(order, Millis: 3_600_000, StubbornMillis: 3_600_000));

        await worker.WaitForExitAsync(Patience);

        worker.ExitCode.ShouldBe(13);
        (await Stage.Store.GetJobAsync(job, Cancel))!.FailedAttempts.ShouldBe(1);
    }

    private ChildProcess Start(string line, Func<WorkerSettings, WorkerSettings>? change = null)
    {
        var settings = new WorkerSettings { Name = "cli", Store = Stage.StorePath, Folder = Stage.Folder };
        return Stage.Start("parent", line.Split(' '), (CommandLineProgram.Variable, (change is null ? settings : change(settings)).ToJson()));
    }

    /// <summary>Waits until two workers are there, each with a long job; gives their processes.</summary>
    private async Task<(int[] Workers, JobId[] Jobs)> TwoAtWorkAsync()
    {
        await Until.TrueAsync(async () => (await WorkersAsync()).Length == 2, Patience, "two workers");
        var jobs = new[]
        {
            await Stage.EnqueueAsync(static order => new LongJob(order, Items: 200, ItemMillis: 50)),
            await Stage.EnqueueAsync(static order => new LongJob(order, Items: 200, ItemMillis: 50)),
        };
        foreach (var job in jobs)
            await Stage.UntilBegunAsync(job);
        await Stage.UntilAsync(e => jobs.All(job => e.Exists(i => i.Op == Ops.Item && i.Job == job.Value)), Patience, "items of both jobs");
        return (await WorkersAsync(), jobs);
    }

    private async Task<int[]> WorkersAsync() => [.. (await Stage.Store.ListWorkersAsync(Cancel)).Select(static worker => worker.Worker.ProcessId)];

    private async Task EndedInOrderAsync(ChildProcess parent, JobId[] jobs)
    {
        await parent.WaitForExitAsync(Patience);

        parent.ExitCode.ShouldBe(0);
        (await WorkersAsync()).ShouldBeEmpty("a worker that ends in order closes its session");
        foreach (var id in jobs)
        {
            var job = (await Stage.Store.GetJobAsync(id, Cancel))!;
            job.State.ShouldBe(JobState.Pending);
            job.FailedAttempts.ShouldBe(0);
            job.LostRuns.ShouldBe(0);
            job.RunNumber.ShouldBe(1);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
