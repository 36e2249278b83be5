namespace Longhaul.Tests.Jobs;

public sealed class LoopTests
{
    private readonly FakeJob _job = new();

    [Theory, InlineData(1), InlineData(4)]
    public async Task A_loop_runs_every_item_once_and_says_how_many(int parallelism)
    {
        var seen = new List<int>();

        LoopResult? result = null;
        await _job.RunAsync(async context => result = await context.ForEachAsync(
            (int? after) => Numbers(after, 100),
            n => n,
            (n, _) =>
            {
                lock (seen)
                    seen.Add(n);
                return Task.CompletedTask;
            },
            new() { Parallelism = parallelism, Total = 100 }));

        seen.Order().ShouldBe(Enumerable.Range(1, 100));
        result.ShouldBe(new LoopResult(100, 0));
        _job.Progress!.Done.ShouldBe(100);
        _job.Progress.Fraction.ShouldBe(1);
        _job.CheckpointText.ShouldBe("""{"longhaul":1,"phases":{"":{"loop":{"low":100,"count":100,"ended":true}}}}""");
    }

    [Fact]
    public async Task A_loop_goes_on_after_its_low_cursor()
    {
        var seen = new List<int>();
        await Should.ThrowAsync<InvalidOperationException>(() => _job.RunAsync(context => Loop(context, n => n == 50)));

        seen.Clear();
        await _job.RunAsync(context => Loop(context, _ => false));

        seen.ShouldBe(Enumerable.Range(50, 51));

        Task Loop(JobContext context, Func<int, bool> fails) => context.ForEachAsync(
            (int? after) => Numbers(after, 100),
            n => n,
            (n, _) =>
            {
                seen.Add(n);
                return fails(n) ? throw new InvalidOperationException("no") : Task.CompletedTask;
            });
    }

    internal static IEnumerable<int> Numbers(int? after, int upTo)
    {
        for (var n = (after ?? 0) + 1; n <= upTo; n++)
            yield return n;
    }
}
