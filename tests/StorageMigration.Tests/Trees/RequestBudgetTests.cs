using Longhaul.Testing;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples")]
public sealed class RequestBudgetTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(100);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(20_000)]
    [InlineData(700)]
    public async Task Over_a_minute_the_limit_is_held_and_used_within_5_percent(int requests)
    {
        var clock = new AutoClock();
        var budget = new RequestBudget(requests, Window, clock);
        var passed = new List<TimeSpan>();

        while (clock.Elapsed < TimeSpan.FromSeconds(260))
        {
            await budget.PassAsync(Cancel);
            passed.Add(clock.Elapsed);
        }

        for (var from = 0; from <= 200; from += 20)
        {
            var inAMinute = passed.Count(at => at >= TimeSpan.FromSeconds(from) && at < TimeSpan.FromSeconds(from + 60));
            ((double)inAMinute).ShouldBe(requests * 0.6, requests * 0.6 * 0.05, $"the minute from second {from} on");
        }

        for (var i = requests; i < passed.Count; i++)
            (passed[i] - passed[i - requests]).ShouldBeGreaterThanOrEqualTo(Window, "never more than so many in any window");
    }

    [Fact]
    public async Task After_a_rest_a_second_s_worth_goes_at_once_and_no_more()
    {
        var clock = new JobTestClock();
        var budget = new RequestBudget(1_000, Window, clock);
        clock.Advance(TimeSpan.FromMinutes(5));

        var calls = Enumerable.Range(0, 30).Select(_ => budget.PassAsync(Cancel).AsTask()).ToList();

        calls.Count(static call => call.IsCompleted).ShouldBe(10);
        clock.Advance(TimeSpan.FromSeconds(2));
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task One_who_gives_up_does_not_hold_up_the_others()
    {
        var clock = new JobTestClock();
        var budget = new RequestBudget(1, TimeSpan.FromSeconds(1), clock);
        await budget.PassAsync(Cancel);
        using var stop = new CancellationTokenSource();
        var given = budget.PassAsync(stop.Token).AsTask();
        var waiting = budget.PassAsync(Cancel).AsTask();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => given);
        clock.Advance(TimeSpan.FromSeconds(2));
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public void Jobs_share_the_limit_of_a_server_and_folders_have_none()
    {
        var budgets = new RequestBudgets(Options.Create(new TreeSettings()), TimeProvider.System);

        budgets.Of("s3://one/a?endpoint=http://localhost:1").ShouldBeSameAs(budgets.Of("s3://two/b?endpoint=http://localhost:1"));
        budgets.Of("s3://one/a?endpoint=http://localhost:1").ShouldNotBeSameAs(budgets.Of("s3://one/a?endpoint=http://localhost:2"));
        budgets.Of("gdrive:A").ShouldBeSameAs(budgets.Of("gdrive:B"));
        budgets.Of("/srv/files").ShouldBeSameAs(OpenGate.Instance);
        budgets.Of("gdrive:A", ownLimit: 5).ShouldNotBeSameAs(budgets.Of("gdrive:A"));
    }
}
