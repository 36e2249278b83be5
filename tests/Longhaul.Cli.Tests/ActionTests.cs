using System.Text.Json;
using Longhaul.Cli.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

/// <summary>What operators do to jobs, queues and workers.</summary>
public sealed class ActionTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Cancel_ends_what_waits_and_orders_what_runs()
    {
        using var worker = await _world.WorkerAsync();
        var running = await worker.ClaimOneAsync(await _world.AddAsync());
        var waiting = await _world.AddAsync();

        var run = (await _world.RunAsync($"cancel {running.Key.Job} {waiting} --reason 'wrong folder'")).Ends(0);

        run.Lines.ShouldBe([$"{running.Key.Job} will be cancelled: its worker has been told", $"{waiting} cancelled"]);
        (await _world.GetAsync(waiting))!.Reason.ShouldBe("wrong folder (by ann)");
        worker.OrdersFor(running).ShouldHaveSingleItem().Kind.ShouldBe(RunOrderKind.Cancel);
        (await _world.RunAsync($"cancel {waiting}")).Ends(0).Out.ShouldContain("was already cancelled");
    }

    [Theory]
    [InlineData("cancel 99")]
    [InlineData("release 99")]
    [InlineData("queue/release 99")]
    [InlineData("retry 99")]
    [InlineData("queue:retry 99")]
    [InlineData("forget 99")]
    [InlineData("queue:forget 99")]
    [InlineData("pause 99")]
    [InlineData("resume 99")]
    [InlineData("show 99")]
    [InlineData("logs 99")]
    [InlineData("logs 99 --follow")]
    public async Task An_unknown_id_is_not_found(string line)
    {
        var run = (await _world.RunAsync(line)).Ends(4);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain("there is no job 99");

        var json = (await _world.RunAsync(line + " --json")).Ends(4).Json.GetProperty("error");
        json.GetProperty("code").GetString().ShouldBe("not_found");
        json.GetProperty("exitCode").GetInt32().ShouldBe(4);
    }

    [Fact]
    public async Task What_does_not_fit_the_state_fails_and_says_so()
    {
        var id = await _world.AddAsync();

        (await _world.RunAsync($"resume {id}")).Ends(1).Error.ShouldContain($"cannot resume {id}: it is pending");
        (await _world.RunAsync($"resume {id} --json")).Ends(1).Json.GetProperty("error").GetProperty("message").GetString().ShouldNotBeNull();
    }

    [Fact]
    public async Task An_action_as_json_tells_of_each_job()
    {
        var id = await _world.AddAsync();

        var json = (await _world.RunAsync($"cancel {id} 99 --json")).Ends(4).Json;

        json.GetProperty("action").GetString().ShouldBe("cancel");
        json.GetProperty("done").GetInt32().ShouldBe(1);
        json.GetProperty("jobs")[0].GetProperty("status").GetString().ShouldBe("done");
        json.GetProperty("jobs")[0].GetProperty("state").GetString().ShouldBe("cancelled");
        json.GetProperty("jobs")[1].GetProperty("status").GetString().ShouldBe("notFound");
        json.GetProperty("jobs")[1].GetProperty("state").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Release_makes_a_run_pending_now()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());

        (await _world.RunAsync($"release {run.Key.Job} --reset-attempts")).Ends(0);

        (await _world.StateAsync(run.Key.Job)).ShouldBe(JobState.Pending);
        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
    }

    [Fact]
    public async Task Under_the_name_of_its_seed_a_release_cancels_and_removes()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());

        (await _world.RunAsync($"queue/release {run.Key.Job}")).Ends(0).Out.ShouldContain("cancelled and removed");

        (await _world.GetAsync(run.Key.Job)).ShouldBeNull();
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("queue:retry")]
    public async Task Retry_makes_failed_jobs_pending(string verb)
    {
        var id = await _world.AddFailedAsync();

        (await _world.RunAsync($"{verb} {id}")).Ends(0).Lines.ShouldBe([$"{id} pending again"]);

        (await _world.StateAsync(id)).ShouldBe(JobState.Pending);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("retry --from-start")]
    public async Task A_retry_of_a_job_whose_unique_key_another_has_says_so(string line)
    {
        var failed = await _world.AddFailedAsync(Unique);
        var holder = await _world.AddAsync(Unique);

        (await _world.RunAsync($"{line} {failed}")).Ends(1).Error.ShouldBe($"longhaul: cannot {line} {failed}: job {holder} has its unique key\n");

        var answer = (await _world.RunAsync($"{line} {failed} --json")).Ends(1).Json.GetProperty("jobs")[0];
        answer.GetProperty("status").GetString().ShouldBe("keyTaken");
        answer.GetProperty("keyHolder").GetInt64().ShouldBe(holder.Value);
        (await _world.StateAsync(failed)).ShouldBe(JobState.Failed);
    }

    [Fact]
    public async Task Retry_all_tells_of_jobs_whose_unique_key_another_has()
    {
        await _world.AddFailedAsync(Unique);
        await _world.AddFailedAsync();
        await _world.AddAsync(Unique);

        var run = (await _world.RunAsync("retry all")).Ends(0);

        run.Out.ShouldBe("1 job pending again\n");
        run.Error.ShouldBe("longhaul: 1 job left alone: another job has the unique key\n");
    }

    private static NewJob Unique(NewJob job) => job with { Unique = new UniqueKey("k", UniqueScope.UntilFinished) };

    [Theory]
    [InlineData("retry all", 3)]
    [InlineData("queue:retry all", 3)]
    [InlineData("retry --queue ingest", 2)]
    [InlineData("retry --queue=ingest", 2)]
    [InlineData("retry all --queue ingest", 2)]
    [InlineData("retry --name 'photos.*'", 1)]
    public async Task Retry_all_takes_what_matches(string line, int expected)
    {
        await _world.AddFailedAsync(job => job with { Queue = "ingest" });
        await _world.AddFailedAsync(job => job with { Queue = "ingest" });
        await _world.AddFailedAsync(job => job with { Name = "photos.preview" });

        (await _world.RunAsync(line)).Ends(0).Out.ShouldBe($"{(expected == 1 ? "1 job" : $"{expected} jobs")} pending again\n");
    }

    [Fact]
    public async Task Retry_all_goes_over_every_page_once()
    {
        using var worker = await _world.WorkerAsync();
        for (var i = 0; i < 1_200; i++)
            await _world.AddAsync();
        foreach (var run in await worker.ClaimAsync(1_200))
            await worker.EndAsync(run, Outcome.Failed);

        (await _world.RunAsync("retry all --json")).Ends(0).Json.GetProperty("done").GetInt32().ShouldBe(1_200);
    }

    [Fact]
    public async Task Retry_from_the_start_drops_the_checkpoint()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await worker.WriteAsync(run, update => update with { Checkpoint = Make.Checkpoint("""{"at":5}""") });
        await worker.EndAsync(run, Outcome.Completed);

        (await _world.RunAsync($"retry {run.Key.Job} --from-start")).Ends(0).Out.ShouldContain("from its beginning");

        (await worker.ClaimOneAsync(run.Key.Job)).Checkpoint.ShouldBeNull();
    }

    [Fact]
    public async Task Forget_deletes_only_what_failed()
    {
        var failed = await _world.AddFailedAsync();
        var pending = await _world.AddAsync();

        (await _world.RunAsync($"forget {failed} {pending}")).Ends(1).Error.ShouldContain($"{pending} has not failed");
        (await _world.GetAsync(failed)).ShouldNotBeNull();
        (await _world.RunAsync($"queue:forget {failed}")).Ends(0).Out.ShouldBe($"{failed} forgotten\n");
        (await _world.GetAsync(failed)).ShouldBeNull();
    }

    [Fact]
    public async Task Jobs_and_queues_are_paused_and_resumed()
    {
        var id = await _world.AddAsync();

        (await _world.RunAsync($"pause {id}")).Ends(0).Out.ShouldBe($"{id} paused\n");
        (await _world.StateAsync(id)).ShouldBe(JobState.Paused);
        (await _world.RunAsync($"resume {id}")).Ends(0);
        (await _world.StateAsync(id)).ShouldBe(JobState.Pending);

        (await _world.RunAsync("pause --queue default,emails")).Ends(0).Lines.Length.ShouldBe(2);
        (await _world.Store.ListQueuesAsync(Cancel)).ShouldAllBe(static queue => queue.Paused);
        (await _world.RunAsync("resume --queue default --queue emails --json")).Ends(0).Json.GetProperty("queues").GetArrayLength().ShouldBe(2);
        (await _world.Store.ListQueuesAsync(Cancel)).ShouldAllBe(static queue => !queue.Paused);
    }

    [Theory]
    [InlineData("restart")]
    [InlineData("queue:restart")]
    public async Task Restart_tells_every_worker(string verb)
    {
        (await _world.RunAsync(verb)).Ends(0).Out.ShouldBe("No worker is running.\n");
        using var worker = await _world.WorkerAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(1));

        (await _world.RunAsync(verb)).Ends(0).Out.ShouldBe("1 worker told to restart\n");

        worker.Beat().Order.ShouldBe(WorkerOrder.Stop);
    }

    [Fact]
    public async Task Recover_takes_over_what_a_lost_worker_ran()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        (await _world.RunAsync("recover")).Ends(0).Out.ShouldBe("Nothing to recover.\n");
        _world.Clock.Advance(TimeSpan.FromSeconds(10));

        (await _world.RunAsync("recover --older-than 5")).Ends(0).Out.ShouldContain("1 job recovered");

        (await _world.StateAsync(run.Key.Job)).ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task Prune_deletes_what_is_over()
    {
        using var worker = await _world.WorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(await _world.AddAsync()), Outcome.Completed);
        (await _world.RunAsync("prune")).Ends(0).Out.ShouldBe("0 finished jobs deleted\n");
        _world.Clock.Advance(TimeSpan.FromDays(4));

        (await _world.RunAsync("prune --json")).Ends(0).Json.GetProperty("deleted").GetInt32().ShouldBe(1);
    }
}
