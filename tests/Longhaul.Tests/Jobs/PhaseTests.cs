using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

public sealed class PhaseTests
{
    private readonly FakeJob _job = new();
    private readonly List<string> _ran = [];

    [Fact]
    public async Task A_finished_phase_is_skipped_and_returns_its_result()
    {
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(Handle));
        _ran.ShouldBe(["count", "copy"]);

        _ran.Clear();
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(Handle));
        _ran.ShouldBe(["copy"]);

        async Task Handle(JobContext context)
        {
            var count = await context.PhaseAsync("count", 0.1, _ => Run("count", 17));
            count.ShouldBe(17);
            await context.PhaseAsync("copy", 0.9, async _ =>
            {
                await Run("copy", 0);
                throw new TimeoutException();
            });
        }
    }

    [Fact]
    public async Task Nested_phases_are_skipped_one_by_one()
    {
        var fail = true;
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(Handle));
        fail = false;
        _ran.Clear();

        await _job.RunAsync(Handle);

        _ran.ShouldBe(["outer/two"]);
        _job.CheckpointText.ShouldContain("\"outer/one\":{\"weight\":1,\"done\":true");

        Task Handle(JobContext context) => context.PhaseAsync("outer", 1, async outer =>
        {
            await outer.PhaseAsync("one", 1, phase => Run(phase.Path, 1));
            await outer.PhaseAsync("two", 1, phase => fail ? throw new TimeoutException() : Run(phase.Path, 2));
        });
    }

    [Fact]
    public async Task A_name_is_used_once_in_a_run()
    {
        var context = _job.Claim();
        await context.PhaseAsync("one", 1, _ => Task.CompletedTask);

        var error = await Should.ThrowAsync<InvalidOperationException>(() => context.PhaseAsync("one", 1, _ => Task.CompletedTask));

        error.Message.ShouldContain("'one' was used before");
    }

    [Fact]
    public async Task The_same_name_in_different_phases_is_different()
    {
        var context = _job.Claim();

        foreach (var name in new[] { "a", "b" })
            await context.PhaseAsync(name, 1, outer => outer.PhaseAsync("same", 1, inner => Run(inner.Path, 0)));

        _ran.ShouldBe(["a/same", "b/same"]);
    }

    [Theory, InlineData(""), InlineData("a/b"), InlineData("nul\0")]
    public async Task A_name_without_sense_is_refused(string name)
        => await Should.ThrowAsync<ArgumentException>(() => _job.Claim().PhaseAsync(name, 1, _ => Task.CompletedTask));

    [Theory, InlineData(-1), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public async Task A_weight_without_sense_is_refused(double weight)
        => await Should.ThrowAsync<ArgumentOutOfRangeException>(() => _job.Claim().PhaseAsync("a", weight, _ => Task.CompletedTask));

    [Fact]
    public async Task A_result_of_another_type_fails_the_job()
    {
        await _job.RunAsync(context => context.PhaseAsync("one", 1, _ => Task.FromResult("text")));

        await Should.ThrowAsync<FailNowException>(() => _job.RunAsync(context => context.PhaseAsync("one", 1, _ => Task.FromResult(17))));
    }

    [Fact]
    public async Task A_phase_that_returned_nothing_cannot_return_something_later()
    {
        await _job.RunAsync(context => context.PhaseAsync("one", 1, _ => Task.CompletedTask));

        await Should.ThrowAsync<FailNowException>(() => _job.RunAsync(context => context.PhaseAsync("one", 1, _ => Task.FromResult(17))));
    }

    [Fact]
    public async Task A_result_may_be_null()
    {
        await _job.RunAsync(Handle);
        await _job.RunAsync(Handle);

        _ran.ShouldBe(["one"]);

        Task Handle(JobContext context) => context.PhaseAsync<string?>("one", 1, async _ =>
        {
            await Run("one", 0);
            return null;
        });
    }

    [Fact]
    public async Task An_ended_phase_is_headway_and_keeps_a_copy()
    {
        var context = _job.Claim();
        await context.PhaseAsync("one", 1, _ => Task.CompletedTask);

        var update = context.Run.TakeUpdate(final: false)!;

        update.Headway.ShouldBeTrue();
        update.Checkpoint!.Keep.ShouldBeTrue();
    }

    [Fact]
    public async Task No_phase_begins_when_the_run_is_to_stop()
    {
        var context = _job.Claim();
        context.Run.Stop(StopReason.Shutdown);

        await Should.ThrowAsync<OperationCanceledException>(() => context.PhaseAsync("one", 1, _ => Run("one", 0)));

        _ran.ShouldBeEmpty();
    }

    [Fact]
    public async Task Phases_may_run_side_by_side()
    {
        await _job.RunAsync(context => Task.WhenAll(Enumerable.Range(0, 20).Select(i => context.PhaseAsync($"p{i}", 0.05, async phase =>
        {
            await Task.Yield();
            phase.Checkpoint.Set(i);
        }))));

        _job.Claim(RunKind.Job).Run.Checkpoint.Phases().Count(static p => p.Done).ShouldBe(20);
    }

    private Task<int> Run(string name, int result)
    {
        _ran.Add(name);
        return Task.FromResult(result);
    }
}
