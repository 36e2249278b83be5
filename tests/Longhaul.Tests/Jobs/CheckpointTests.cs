using System.Text;
using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

public sealed class CheckpointTests
{
    private readonly FakeJob _job = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_state_comes_back_in_the_next_run()
    {
        await _job.RunAsync(context =>
        {
            context.Checkpoint.HasState.ShouldBeFalse();
            context.Checkpoint.Get<Place>().ShouldBeNull();
            context.Checkpoint.Set(new Place("a.csv", 17));
            return Task.CompletedTask;
        });

        var next = _job.Claim();

        next.Checkpoint.HasState.ShouldBeTrue();
        next.Checkpoint.Get<Place>().ShouldBe(new Place("a.csv", 17));
    }

    [Fact]
    public void A_state_is_kept_as_it_was_when_it_was_set()
    {
        var context = _job.Claim();
        List<int> state = [1];
        context.Checkpoint.Set(state);

        state.Add(2);

        context.Checkpoint.Get<int[]>().ShouldBe([1]);
    }

    [Fact]
    public async Task Phases_that_a_run_does_not_enter_keep_what_they_have()
    {
        await _job.RunAsync(context => context.PhaseAsync("one", 0.5, phase =>
        {
            phase.Checkpoint.Set("inside");
            return Task.FromResult(42);
        }));
        var before = _job.CheckpointText;

        await _job.RunAsync(context =>
        {
            context.Checkpoint.Set("outside");
            return Task.CompletedTask;
        });

        _job.CheckpointText.ShouldBe(before.Replace("\"inside\"}}}", "\"inside\"},\"\":{\"state\":\"outside\"}}}", StringComparison.Ordinal));
        before.ShouldContain("""{"weight":0.5,"done":true,"result":42,"state":"inside"}""");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("17")]
    [InlineData("""{"row":17}""")]
    [InlineData("""{"longhaul":1}""")]
    [InlineData("""{"longhaul":"one","phases":{}}""")]
    [InlineData("""{"longhaul":1,"phases":{"":{"done":3}}}""")]
    [InlineData("""{"longhaul":1,"phases":{"a":7}}""")]
    public void A_document_that_cannot_be_read_fails_the_job(string body)
    {
        _job.Checkpoint = Encoding.UTF8.GetBytes(body);

        Should.Throw<FailNowException>(() => _job.Claim()).Message.ShouldStartWith("The checkpoint of job 7 cannot be read");
    }

    [Fact]
    public void A_document_of_a_newer_version_says_so()
    {
        _job.Checkpoint = """{"longhaul":2,"phases":{}}"""u8.ToArray();

        Should.Throw<FailNowException>(() => _job.Claim()).Message.ShouldContain("its version is 2, this program reads version 1");
    }

    [Fact]
    public void The_hook_of_a_failed_job_runs_even_so()
    {
        _job.Checkpoint = "not json"u8.ToArray();

        _job.Claim(RunKind.FailedHook).Run.TakeUpdate(final: true).ShouldBeNull();
    }

    [Fact]
    public void A_state_of_another_type_fails_the_job()
    {
        var context = _job.Claim();
        context.Checkpoint.Set("text");

        Should.Throw<FailNowException>(() => context.Checkpoint.Get<Place>()).Message.ShouldContain("Place");
    }

    [Fact]
    public void A_state_that_does_not_become_json_is_refused()
        => Should.Throw<ArgumentException>(() => _job.Claim().Checkpoint.Set(typeof(string))).Message.ShouldContain("must become JSON");

    [Fact]
    public void A_state_over_16_MiB_is_refused_at_the_call_and_changes_nothing()
    {
        var context = _job.Claim();
        context.Checkpoint.Set("small");

        Should.Throw<ArgumentException>(() => context.Checkpoint.Set(new string('x', JobLimits.CheckpointBytes)))
            .Message.ShouldContain(JobLimits.CheckpointBytes.ToString(System.Globalization.CultureInfo.InvariantCulture));

        context.Checkpoint.Get<string>().ShouldBe("small");
        context.Checkpoint.Set(new string('x', JobLimits.CheckpointBytes - 1_000));
    }

    [Fact]
    public async Task States_of_all_phases_count_together()
    {
        var context = _job.Claim();
        context.Checkpoint.Set(new string('x', JobLimits.CheckpointBytes / 2));

        await Should.ThrowAsync<ArgumentException>(() => context.PhaseAsync("one", 1, phase =>
        {
            phase.Checkpoint.Set(new string('x', JobLimits.CheckpointBytes / 2));
            return Task.CompletedTask;
        }));
    }

    [Fact]
    public async Task A_transactional_state_is_there_when_it_commits()
    {
        var context = _job.Claim();
        using var transaction = new FakeTransaction(_job);

        await context.Checkpoint.SaveAsync("done 1", transaction, Cancel);
        _job.CheckpointText.ShouldBe("");
        await transaction.CommitAsync(Cancel);

        _job.CheckpointText.ShouldContain("done 1");
        _job.Headway.ShouldBeTrue();
    }

    [Fact]
    public async Task A_transaction_that_does_not_commit_leaves_no_trace_even_in_the_last_flush()
    {
        await _job.RunAsync(context =>
        {
            context.Checkpoint.Set("before");
            return Task.CompletedTask;
        });

        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(async context =>
        {
            context.Progress.Report(1);
            using var transaction = new FakeTransaction(_job);
            await context.Checkpoint.SaveAsync("never", transaction, Cancel);
            _job.Flush();
            throw new TimeoutException("the commit failed");
        }));

        _job.Claim().Checkpoint.Get<string>().ShouldBe("before");
        _job.Progress!.Done.ShouldBe(1);
    }

    [Fact]
    public async Task A_flush_that_was_overtaken_by_a_transaction_is_older_than_it()
    {
        var context = _job.Claim();
        context.Checkpoint.Set("old");
        var flush = context.Run.TakeUpdate(final: false)!;
        using var transaction = new FakeTransaction(_job);
        await context.Checkpoint.SaveAsync("new", transaction, Cancel);
        await transaction.CommitAsync(Cancel);

        _job.Store(flush);

        _job.CheckpointText.ShouldContain("new");
    }

    [Fact]
    public async Task A_handler_that_goes_on_has_committed()
    {
        var context = _job.Claim();
        using var transaction = new FakeTransaction(_job);
        await context.Checkpoint.SaveAsync("one", transaction, Cancel);
        context.Run.TakeUpdate(final: false).ShouldBeNull();

        context.Checkpoint.Set("two");

        context.Run.TakeUpdate(final: false)!.Checkpoint.ShouldNotBeNull();
    }

    private sealed record Place(string File, int Row);
}
