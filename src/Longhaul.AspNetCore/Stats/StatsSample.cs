using Longhaul.Storage;

namespace Longhaul.AspNetCore.Stats;

/// <summary>What one look at the store has shown.</summary>
/// <param name="At">When.</param>
/// <param name="Completed">Completed since the look before.</param>
/// <param name="Failed">Failed since.</param>
/// <param name="Cancelled">Cancelled since.</param>
/// <param name="Due">Due now.</param>
/// <param name="Running">Running now.</param>
/// <param name="OldestDue">How long the oldest has been due.</param>
/// <param name="Starts">Seconds from due to started, of jobs seen to end.</param>
/// <param name="Runs">Seconds from started to ended, of those.</param>
internal sealed record StatsSample(
    DateTimeOffset At, long Completed, long Failed, long Cancelled, long Due, long Running, double OldestDue, IReadOnlyList<double> Starts, IReadOnlyList<double> Runs);

/// <summary>The counts of a look, to be compared with the next.</summary>
internal sealed record StatsCounts(long Completed, long Failed, long Cancelled)
{
    public static StatsCounts Of(IReadOnlyList<QueueInfo> queues)
        => new(queues.Sum(static queue => queue.Completed), queues.Sum(static queue => queue.Failed), queues.Sum(static queue => queue.Cancelled));
}
