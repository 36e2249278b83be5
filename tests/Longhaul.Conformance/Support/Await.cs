namespace Longhaul.Conformance;

/// <summary>Waiting in tests: always with an end, always saying for what.</summary>
public static class Await
{
    /// <summary>Far beyond what any store needs on a loaded machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Waits for a task, or fails with what was awaited.</summary>
    public static async Task WithinAsync(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Patience, Cancel);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited {Patience.TotalSeconds:0} s in vain for: {what}");
        }
    }

    /// <summary>Waits for a task's result, or fails with what was awaited.</summary>
    public static async Task<T> WithinAsync<T>(Task<T> task, string what)
    {
        await WithinAsync((Task)task, what);
        return await task;
    }

    /// <summary>Moves the clock step by step until the task has ended: for waits whose timer may be made a moment after the call.</summary>
    public static async Task AdvanceUntilAsync(ManualClock clock, TimeSpan step, Task task, string what)
    {
        var patience = Task.Delay(Patience, TimeProvider.System, Cancel);
        while (!task.IsCompleted && !patience.IsCompleted)
        {
            clock.Advance(step);
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel));
        }

        Assert.True(task.IsCompleted, $"Moved the clock for {Patience.TotalSeconds:0} s in vain for: {what}");
        await task;
    }
}
