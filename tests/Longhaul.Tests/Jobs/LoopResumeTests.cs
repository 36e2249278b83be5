using FsCheck;
using FsCheck.Fluent;
using Longhaul.Jobs;

namespace Longhaul.Tests.Jobs;

/// <summary>The resume rule, over random parallel completions, flushes and kills: no item is lost, what was finished and flushed does not run again.</summary>
public sealed class LoopResumeTests
{
    private static readonly Gen<Script> Scripts =
        from items in Gen.Choose(0, 60)
        from parallelism in Gen.Choose(1, 6)
        from window in Gen.Choose(parallelism, 12)
        from runs in Gen.Choose(1, 4)
        from steps in Gen.Choose(0, 1_000).ArrayOf(runs * 40)
        select new Script(items, parallelism, window, runs, steps);

    [Fact]
    public void Items_that_were_finished_and_flushed_do_not_run_again_and_none_is_left_out()
        => Prop.ForAll(Scripts.ToArbitrary(), RunAsync).QuickCheckThrowOnFailure();

    [Fact]
    public void The_low_cursor_is_that_of_the_last_item_before_the_first_unfinished_one() => Prop.ForAll(
        Gen.Choose(0, 40).SelectMany(static n => Gen.Shuffle(Enumerable.Range(0, n).ToArray())).ToArbitrary(),
        order =>
        {
            var position = new LoopPosition<int>(64, null, null);
            foreach (var number in Enumerable.Range(0, order.Length))
                _ = position.TryBegin(number + 1);
            var finished = new HashSet<int>();
            foreach (var number in order)
            {
                position.Finish(number, failed: false);
                finished.Add(number);
                var low = Enumerable.Range(0, order.Length + 1).First(n => !finished.Contains(n));
                if ((position.HasLow ? position.Low : 0) != low)
                    return false;
            }

            return position.Done == order.Length;
        }).QuickCheckThrowOnFailure();

    private static async Task<bool> RunAsync(Script script)
    {
        var job = new FakeJob();
        var steps = new Queue<int>(script.Steps);
        var completed = new HashSet<int>(); // over all runs
        var kept = new HashSet<int>();      // completed and flushed
        for (var run = 0; run < script.Runs; run++)
        {
            var killed = run < script.Runs - 1;
            var inFlight = new SortedDictionary<int, TaskCompletionSource>();
            var again = new List<int>();
            var context = job.Claim();
            var loop = context.ForEachAsync(
                (int? after) => LoopTests.Numbers(after, script.Items),
                n => n,
                (n, stop) =>
                {
                    lock (inFlight)
                    {
                        if (kept.Contains(n))
                            again.Add(n);
                        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                        inFlight.Add(n, source);
                        stop.Register(() => source.TrySetCanceled(stop));
                        return source.Task;
                    }
                },
                new() { Parallelism = script.Parallelism, Window = script.Window });
            for (var step = 0; !loop.IsCompleted && (!killed || step < 40) && await NextAsync(loop, inFlight); step++)
            {
                var choice = steps.TryDequeue(out var next) ? next : 0;
                int item;
                TaskCompletionSource body;
                lock (inFlight)
                {
                    (item, body) = inFlight.ElementAt(choice % inFlight.Count);
                    inFlight.Remove(item);
                }

                var done = context.Run.Checkpoint.Phase("").Loop as LoopPosition<int?>;
                var before = done!.Done;
                body.SetResult();
                while (done.Done == before)
                    await Task.Yield();
                completed.Add(item);
                if (choice % 5 == 0)
                {
                    job.Flush();
                    kept = [.. completed];
                }

                if (killed && choice % 23 == 0)
                    break;
            }

            if (again.Count > 0)
                return false;
            context.Run.Stop(StopReason.Cancelled); // the kill: what was not flushed is lost
            try
            {
                await loop;
            }
            catch (OperationCanceledException)
            {
                // It was killed.
            }

            completed = [.. kept];
            if (!killed)
            {
                job.Flush(context.Run, final: true);
                var last = script.Items == 0 ? "" : $"\"low\":{script.Items},";
                return loop.IsCompletedSuccessfully && job.CheckpointText.Contains($"{{{last}\"count\":{script.Items},\"ended\":true}}", StringComparison.Ordinal);
            }
        }

        return true;
    }

    /// <summary>Waits until an item is in flight or the loop has ended.</summary>
    private static async Task<bool> NextAsync(Task loop, SortedDictionary<int, TaskCompletionSource> inFlight)
    {
        while (!loop.IsCompleted)
        {
            lock (inFlight)
            {
                if (inFlight.Count > 0)
                    return true;
            }

            await Task.Yield();
        }

        return false;
    }

    public sealed record Script(int Items, int Parallelism, int Window, int Runs, int[] Steps)
    {
        public override string ToString() => $"{Items} items, {Parallelism} at once, window {Window}, {Runs} runs, steps {string.Join(' ', Steps)}";
    }
}
