using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

public sealed class ProgressTests
{
    private readonly FakeJob _job = new();

    [Theory]
    [InlineData(double.NaN, null)]
    [InlineData(double.PositiveInfinity, null)]
    [InlineData(-1, null)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.NegativeInfinity)]
    [InlineData(1, -0.5)]
    public void Numbers_without_sense_are_refused(double done, double? total)
        => Should.Throw<ArgumentOutOfRangeException>(() => _job.Claim().Progress.Report(done, total));

    [Fact]
    public void More_done_than_the_total_is_all_of_it()
    {
        var context = _job.Claim();

        context.Progress.Report(12, 10);

        Taken(context).ShouldBe(new ProgressRecord { Done = 12, Total = 10, Fraction = 1, TimeLeft = TimeSpan.Zero });
    }

    [Fact]
    public void Without_a_total_the_fraction_is_unknown()
    {
        var context = _job.Claim();

        context.Progress.Report(12);

        Taken(context).Fraction.ShouldBeNull();
    }

    [Fact]
    public void A_note_is_cleaned_and_cut_at_200_characters()
    {
        var context = _job.Claim();

        context.Progress.Note(new string('x', 300) + "\0");

        Taken(context).Note.ShouldBe(new string('x', JobLimits.NoteLength));
    }

    [Fact]
    public void A_note_and_a_total_stay_until_they_are_said_anew()
    {
        var context = _job.Claim();
        context.Progress.Report(1, 10, "working");

        context.Progress.Report(2);

        var progress = Taken(context);
        (progress.Total, progress.Note).ShouldBe((10, "working"));
    }

    [Fact]
    public void The_rate_is_that_of_the_last_half_minute()
    {
        var context = _job.Claim();
        for (var second = 0; second <= 120; second++)
        {
            var done = second <= 60 ? second * 100 : 6_000 + ((second - 60) * 10);
            context.Progress.Report(done, 10_000);
            _ = Taken(context);
            _job.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        context.Progress.Report(6_610, 10_000);

        var progress = Taken(context);
        progress.Rate!.Value.ShouldBe(10, 0.5);
        progress.TimeLeft!.Value.TotalSeconds.ShouldBe(339, 20);
    }

    [Fact]
    public void The_first_report_of_a_resumed_run_is_where_the_rate_begins()
    {
        var context = _job.Claim();
        _job.Clock.Advance(TimeSpan.FromSeconds(10));
        context.Progress.Report(500_000, 1_000_000);
        _ = Taken(context);
        _job.Clock.Advance(TimeSpan.FromSeconds(2));
        context.Progress.Report(500_200);

        var progress = Taken(context);

        progress.Rate.ShouldBe(100);
        progress.TimeLeft!.Value.TotalSeconds.ShouldBe(4_998, 1);
    }

    [Fact]
    public void A_wall_clock_that_jumps_changes_no_rate()
    {
        var context = _job.Claim();
        context.Progress.Report(0, 100);
        _ = Taken(context);
        _job.Clock.JumpWall(TimeSpan.FromHours(-3));
        _job.Clock.Advance(TimeSpan.FromSeconds(10));
        context.Progress.Report(50);

        Taken(context).Rate.ShouldBe(5);
    }

    [Fact]
    public void Progress_that_is_set_back_begins_a_new_rate()
    {
        var context = _job.Claim();
        context.Progress.Report(100, 1_000);
        _ = Taken(context);
        _job.Clock.Advance(TimeSpan.FromSeconds(5));
        context.Progress.Report(10);
        Taken(context).Rate.ShouldBeNull();
        _job.Clock.Advance(TimeSpan.FromSeconds(5));
        context.Progress.Report(20);

        var progress = Taken(context);

        progress.Rate.ShouldBe(2);
        progress.Fraction.ShouldBe(0.1);
    }

    [Fact]
    public async Task Phases_count_by_their_weights()
    {
        var context = _job.Claim();

        await context.PhaseAsync("one", 0.1, _ => Task.CompletedTask);
        Taken(context).Fraction!.Value.ShouldBe(0.1, 1e-9);

        await context.PhaseAsync("two", 0.9, phase =>
        {
            phase.Progress.Report(1, 2);
            var progress = Taken(context);
            progress.Fraction!.Value.ShouldBe(0.55, 1e-9);
            (progress.Phase, progress.Done, progress.Total).ShouldBe(("two", 1, 2));
            return Task.CompletedTask;
        });
        Taken(context).Fraction.ShouldBe(1);
    }

    [Fact]
    public async Task Nested_phases_count_in_theirs()
    {
        var context = _job.Claim();

        await context.PhaseAsync("outer", 0.5, async outer =>
        {
            await outer.PhaseAsync("a", 0.5, _ => Task.CompletedTask);
            await outer.PhaseAsync("b", 0.5, inner =>
            {
                inner.Progress.Report(1, 2);
                Taken(context).Fraction!.Value.ShouldBe(0.375, 1e-9);
                return Task.CompletedTask;
            });
        });
    }

    [Fact]
    public async Task Weights_that_are_no_shares_are_normalised_over_the_planned_phases()
    {
        var context = _job.Claim();
        context.PlanPhases(("one", 10), ("two", 30));

        await context.PhaseAsync("one", 10, _ => Task.CompletedTask);

        Taken(context).Fraction.ShouldBe(0.25);
    }

    [Fact]
    public async Task The_whole_never_goes_back_within_a_run()
    {
        var context = _job.Claim();
        await context.PhaseAsync("one", 10, _ => Task.CompletedTask);
        Taken(context).Fraction.ShouldBe(1);

        await context.PhaseAsync("two", 30, phase =>
        {
            phase.Progress.Report(0, 10);
            Taken(context).Fraction.ShouldBe(1);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_resumed_run_knows_the_phases_of_the_earlier_one()
    {
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(async first =>
        {
            await first.PhaseAsync("one", 10, _ => Task.CompletedTask);
            await first.PhaseAsync("two", 30, _ => throw new TimeoutException());
        }));
        var context = _job.Claim();

        await context.PhaseAsync("one", 10, _ => Task.CompletedTask);

        Taken(context).Fraction.ShouldBe(0.25);
    }

    [Fact]
    public async Task A_report_on_the_job_is_about_the_phase_it_is_in()
    {
        var context = _job.Claim();

        await context.PhaseAsync("one", 1, _ =>
        {
            context.Progress.Report(3, 4);
            return Task.CompletedTask;
        });

        context.Progress.Note("after");
        var progress = Taken(context);
        (progress.Phase, progress.Done).ShouldBe((null, null));
        progress.Fraction.ShouldBe(1);
    }

    [Fact]
    public async Task A_loop_counts_for_itself_unless_its_body_reports_something_else()
    {
        var context = _job.Claim();

        await context.PhaseAsync("one", 1, phase => phase.ForEachAsync((int? after) => LoopTests.Numbers(after, 10), n => n, (n, _) =>
        {
            if (n == 5)
                (Taken(context).Done, Taken(context)?.Total).ShouldBe((4, 10));
            if (n == 6)
            {
                phase.Progress.Report(600, 1_000);
                Taken(context).Done.ShouldBe(600);
            }

            return Task.CompletedTask;
        }, new() { Total = 10 }));
    }

    private static ProgressRecord Taken(JobContext context)
    {
        context.Run.Progress.MarkChanged();
        return context.Run.Progress.TakeIfChanged()!;
    }
}
