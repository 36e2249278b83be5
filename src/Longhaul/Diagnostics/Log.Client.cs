using Microsoft.Extensions.Logging;

namespace Longhaul.Diagnostics;

/// <summary>What clients and the sync store say: event ids 100 to 199.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Warning, "Enqueue unanswered; trying again under the same ids")]
    public static partial void EnqueueRepeats(ILogger logger, Exception error);

    [LoggerMessage(101, LogLevel.Warning, "The store gave out ids of existing jobs, as after a restore; {Count} jobs are written under new ids")]
    public static partial void IdsTaken(ILogger logger, int count);

    [LoggerMessage(110, LogLevel.Error, "Job {Job}: its FailedAsync failed too")]
    public static partial void SyncHookFailed(ILogger logger, JobId job, Exception error);
}
