namespace Longhaul.Tests.Jobs;

public sealed class RunStopTests
{
    private readonly FakeJob _job = new();

    [Theory]
    [InlineData(StopReason.Shutdown, false)]
    [InlineData(StopReason.Paused, false)]
    [InlineData(StopReason.TimeSlice, false)]
    [InlineData(StopReason.Cancelled, true)]
    [InlineData(StopReason.LeaseLost, true)]
    [InlineData(StopReason.Timeout, true)]
    public void Only_some_reasons_stop_items_in_flight_at_once(StopReason reason, bool hard)
    {
        var run = _job.Claim().Run;

        run.Stop(reason);

        run.StopReason.ShouldBe(reason);
        run.StopToken.IsCancellationRequested.ShouldBeTrue();
        run.HardStop.IsCancellationRequested.ShouldBe(hard);
    }

    [Fact]
    public void The_first_reason_stays_but_for_a_lost_lease()
    {
        var run = _job.Claim().Run;

        run.Stop(StopReason.Shutdown);
        run.Stop(StopReason.Cancelled);
        run.StopReason.ShouldBe(StopReason.Shutdown);
        run.HardStop.IsCancellationRequested.ShouldBeTrue();

        run.Stop(StopReason.LeaseLost);
        run.StopReason.ShouldBe(StopReason.LeaseLost);
    }

    [Fact]
    public void A_stop_at_a_safe_point_waits_for_one()
    {
        var run = _job.Claim().Run;

        run.StopAtSafePoint(StopReason.Shutdown);
        run.StopToken.IsCancellationRequested.ShouldBeFalse();

        run.EnterSafePoints();
        run.HasSafePoints.ShouldBeTrue();
        run.StopReason.ShouldBe(StopReason.Shutdown);
    }

    [Fact]
    public void A_stop_at_a_safe_point_comes_at_once_within_one()
    {
        var run = _job.Claim().Run;
        run.EnterSafePoints();
        run.EnterSafePoints();
        run.LeaveSafePoints();

        run.StopAtSafePoint(StopReason.TimeSlice);

        run.StopReason.ShouldBe(StopReason.TimeSlice);
    }

    [Fact]
    public async Task A_stop_at_a_safe_point_comes_before_the_next_phase()
    {
        var context = _job.Claim();
        context.Run.StopAtSafePoint(StopReason.Shutdown);

        await Should.ThrowAsync<OperationCanceledException>(() => context.PhaseAsync("next", 1, _ => throw new InvalidOperationException("begun")));

        context.StopReason.ShouldBe(StopReason.Shutdown);
    }

    [Fact]
    public void Stopping_a_run_that_has_ended_does_nothing()
    {
        var run = _job.Claim().Run;
        run.Dispose();

        run.Stop(StopReason.LeaseLost);

        run.StopReason.ShouldBe(StopReason.LeaseLost);
    }
}
