using Longhaul.Storage;

namespace Longhaul.Cli.Status;

/// <summary>The counts of a queue in the words of <c>info</c>.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="Paused">Whether nothing of it is claimed.</param>
/// <param name="Waiting">Not running: due, or waiting for something other than a time, or set aside.</param>
/// <param name="Delayed">Due later.</param>
/// <param name="Reserved">Running.</param>
/// <param name="Failed">Failed for good.</param>
/// <param name="Done">Completed and still kept.</param>
/// <param name="Cancelled">Cancelled and still kept.</param>
/// <param name="OldestDue">Since when the oldest due job has been due.</param>
internal sealed record QueueCounts(
    string Queue, bool Paused, long Waiting, long Delayed, long Reserved, long Failed, long Done, long Cancelled, DateTimeOffset? OldestDue)
{
    public static QueueCounts Of(QueueInfo queue) => new(
        queue.Name, queue.Paused, queue.Due + queue.Waiting + queue.PausedJobs, queue.Scheduled, queue.Running, queue.Failed,
        queue.Completed, queue.Cancelled, queue.OldestDue);
}
