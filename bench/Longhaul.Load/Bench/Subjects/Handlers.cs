using System.Diagnostics;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>Does nothing but be counted.</summary>
internal sealed class NoOpHandler(Tally tally) : IJobHandler<NoOp>
{
    public Task HandleAsync(NoOp job, JobContext context, CancellationToken cancellationToken)
    {
        tally.Add();
        return Task.CompletedTask;
    }
}

/// <summary>A job that says when its enqueue call began, by the clock that all processes of a machine share.</summary>
[Job("bench.stamped")]
internal sealed record Stamped(long At, string Text)
{
    public static Stamped Now() => new(Stopwatch.GetTimestamp(), Filling);

    // Sixteen digits or so of the stamp, and 100 bytes in all.
    private static readonly string Filling = new('x', 66);
}

internal sealed class StampedHandler(Tally tally) : IJobHandler<Stamped>
{
    public Task HandleAsync(Stamped job, JobContext context, CancellationToken cancellationToken)
    {
        tally.PickUps.Enqueue(Tally.MillisecondsSince(job.At));
        tally.Add();
        return Task.CompletedTask;
    }
}

/// <summary>A job that waits until it is released.</summary>
[Job("bench.waiting")]
internal sealed record Waiting(string Text);

internal sealed class WaitingHandler(Tally tally) : IJobHandler<Waiting>
{
    public Task HandleAsync(Waiting job, JobContext context, CancellationToken cancellationToken)
    {
        tally.Add();
        return tally.Released.Task.WaitAsync(cancellationToken);
    }
}

/// <summary>A job that nobody handles.</summary>
[Job("bench.unhandled")]
internal sealed record Unhandled(string Text);

/// <summary>A job that tells its progress so many times a second, until it is released.</summary>
[Job("bench.reporting")]
internal sealed record Reporting(int ReportsASecond);

internal sealed class ReportingHandler(Tally tally) : IJobHandler<Reporting>
{
    private const int BurstsASecond = 100;

    public async Task HandleAsync(Reporting job, JobContext context, CancellationToken cancellationToken)
    {
        tally.Add();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / BurstsASecond));
        for (long done = 0; !tally.Released.Task.IsCompleted && await pace.WaitForNextTickAsync(cancellationToken);)
        {
            for (var i = 0; i < job.ReportsASecond / BurstsASecond; i++)
                context.Progress.Report(++done, null, "on its way");
        }
    }
}
