using System.Reflection;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Cli.Tests;

/// <summary>B70, B73, B76, B78, B79: stores that do not answer, pipes that close, people who press Ctrl-C, settings that do not hold.</summary>
public sealed class TroubleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ctrl_C_in_a_bulk_action_says_how_many_were_done()
    {
        using var stop = new CancellationTokenSource();
        await using var world = new World(store => Interposed.Around(store, (method, _) =>
        {
            if (method == nameof(IJobStore.ActAsync))
                stop.Cancel();
        }));
        using var worker = await world.WorkerAsync();
        for (var i = 0; i < 600; i++)
            await world.AddAsync();
        foreach (var run in await worker.ClaimAsync(600))
            await worker.EndAsync(run, Outcome.Failed);

        var ended = (await world.RunAsync(["retry", "all", "--json"], stop.Token)).Ends(130);

        var error = ended.Json.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("interrupted");
        var done = error.GetProperty("done").GetInt32();
        done.ShouldBe(200);
        (await world.RunAsync("jobs --state pending --limit 1000")).Lines.Length.ShouldBe(done);
        ended.Error.ShouldContain("200 jobs done");
    }

    [Fact]
    public async Task A_closed_pipe_ends_quietly()
    {
        await using var world = new World();
        for (var i = 0; i < 100; i++)
            await world.AddAsync();
        world.Terminal = world.Terminal with { Output = new ClosedPipe() };

        var run = (await world.RunAsync("jobs")).Ends(0);

        run.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("info")]
    [InlineData("push n")]
    [InlineData("cancel 1")]
    [InlineData("migrate")]
    public async Task A_store_that_is_away_is_said_in_one_line(string line)
    {
        await using var world = new World(store => Interposed.Around(store, (method, _) =>
        {
            if (method == nameof(IJobStore.OpenAsync))
                throw new StoreUnavailableException("The store redis://ann:s3cret@db:6379 cannot be reached");
        }));

        var run = (await world.RunAsync(line)).Ends(3);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldBe("longhaul: The store redis://ann:***@db:6379 cannot be reached\n");

        var json = (await world.RunAsync(line + " --json")).Ends(3);
        json.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("store_not_reachable");
        (json.Out + json.Error).ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_given_up_within_five_seconds()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var never = new ManualResetEventSlim();
        await using var world = new World(store => Interposed.Around(store, (method, _) =>
        {
            if (method != nameof(IJobStore.OpenAsync))
                return;
            asked.TrySetResult();
            never.Wait(Cancel); // as a driver does that connects synchronously
        }));

        var running = world.RunAsync("info");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        while (!running.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100));
            world.Clock.GetElapsedTime(0).ShouldBeLessThan(TimeSpan.FromHours(1));
            await Task.Yield();
        }

        (await running).Ends(3).Error.ShouldContain("did not answer within 4.5 s");
        never.Set();
    }

    [Fact]
    public async Task A_store_that_goes_away_meanwhile_is_the_same()
    {
        await using var world = new World(store => Interposed.Around(store, (method, _) =>
        {
            if (method == nameof(IJobStore.ListJobsAsync))
                throw new StoreBusyException("app.db is locked by another program");
        }));

        (await world.RunAsync("jobs")).Ends(3).Error.ShouldBe("longhaul: app.db is locked by another program\n");
    }

    [Fact]
    public async Task What_nobody_expected_is_one_line_too()
    {
        await using var world = new World(store => Interposed.Around(store, (method, _) =>
        {
            if (method == nameof(IJobStore.ListJobsAsync))
                throw new InvalidOperationException("boom");
        }));

        (await world.RunAsync("jobs")).Ends(1).Error.ShouldBe("longhaul: InvalidOperationException: boom: LONGHAUL_DEBUG=1 shows where\n");
        (await world.RunAsync("jobs --json")).Ends(1).Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("boom");
    }

    [Fact]
    public async Task Inside_an_application_the_store_is_the_applications()
    {
        await using var world = new World();

        (await world.RunAsync("jobs --store sqlite:other.db")).Ends(2).Error.ShouldContain("--store");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Migrate_migrates_whatever_the_settings_say(bool autoMigrate)
    {
        List<object?> migrates = [];
        await using var world = new World(
            store => Interposed.Around(store, (method, args) =>
            {
                if (method == nameof(IJobStore.OpenAsync))
                    migrates.Add(args![0]);
            }),
            autoMigrate);

        (await world.RunAsync("jobs")).Ends(0);
        (await world.RunAsync("migrate")).Ends(0);

        migrates.ShouldBe([autoMigrate, true]);
    }

    [Fact]
    public async Task An_application_without_longhaul_is_told_so()
    {
        await using var services = new ServiceCollection().BuildServiceProvider();

        (await new Terminal().RunAsync(new HostApplication(services), ["jobs"], Cancel)).Ends(2).Error.ShouldContain("AddLonghaul");
    }

    private sealed class ClosedPipe : StringWriter
    {
        public override void Write(char value) => throw new IOException("Broken pipe", 32);

        public override void Write(string? value) => throw new IOException("Broken pipe", 32);
    }
}

/// <summary>A store with something before each call.</summary>
public class Interposed : DispatchProxy
{
    private IJobStore _store = null!;
    private Action<string, object?[]?> _before = null!;

    public static IJobStore Around(IJobStore store, Action<string, object?[]?> before)
    {
        var proxy = Create<IJobStore, Interposed>();
        ((Interposed)(object)proxy)._store = store;
        ((Interposed)(object)proxy)._before = before;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _before(targetMethod!.Name, args);
        return targetMethod.Invoke(_store, args);
    }
}
