using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Diagnostics;

/// <summary>What the worker says. Debug for each job, Information for lifecycle, Warning when it recovered, Error when a person must act.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Worker {Worker} began: session {Session}, queues {Queues}, {Slots} slots")]
    public static partial void WorkerBegan(ILogger logger, string worker, SessionId session, string queues, int slots);

    [LoggerMessage(2, LogLevel.Information, "Worker {Worker} ended: {Why}, {Runs} runs in all")]
    public static partial void WorkerEnded(ILogger logger, string worker, string why, long runs);

    [LoggerMessage(3, LogLevel.Information, "Worker {Worker} is stopping: {Why}")]
    public static partial void WorkerStopping(ILogger logger, string worker, string why);

    [LoggerMessage(4, LogLevel.Warning, "Session {Session} lost: {Why}. Its runs were told to stop; a new session opens")]
    public static partial void SessionLost(ILogger logger, SessionId session, string why);

    [LoggerMessage(5, LogLevel.Warning, "Heartbeat unanswered; runs go on until the lease has run out")]
    public static partial void BeatFailed(ILogger logger, Exception error);

    [LoggerMessage(6, LogLevel.Information, "Heartbeat answered again")]
    public static partial void BeatBack(ILogger logger);

    [LoggerMessage(7, LogLevel.Warning, "Claim failed; trying again with back-off")]
    public static partial void ClaimFailed(ILogger logger, Exception error);

    [LoggerMessage(8, LogLevel.Warning, "Settling {Count} runs failed; trying again with back-off")]
    public static partial void SettleFailed(ILogger logger, int count, Exception error);

    [LoggerMessage(9, LogLevel.Error, "Job {Job}: how its run ended could not be written; it will be recovered and run again")]
    public static partial void SettleRefused(ILogger logger, JobId job, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "Flush of progress and checkpoints failed; trying again with back-off")]
    public static partial void FlushFailed(ILogger logger, Exception error);

    [LoggerMessage(11, LogLevel.Warning, "Worker session {Session} is dead: {Why}")]
    public static partial void WorkerDead(ILogger logger, SessionId session, string why);

    [LoggerMessage(12, LogLevel.Warning, "Took over {Count} jobs of dead workers")]
    public static partial void JobsRecovered(ILogger logger, int count);

    [LoggerMessage(13, LogLevel.Error, "Job {Job} failed: its worker died too often while it ran")]
    public static partial void PoisonJob(ILogger logger, JobId job);

    [LoggerMessage(14, LogLevel.Warning, "Recovery failed; the next heartbeat tries again")]
    public static partial void RecoveryFailed(ILogger logger, Exception error);

    [LoggerMessage(15, LogLevel.Warning, "The store's clock and this machine's differ by {Difference} since the last look: no lease is judged for a while")]
    public static partial void ClocksDisagree(ILogger logger, TimeSpan difference);

    [LoggerMessage(16, LogLevel.Warning, "{Count} runs of a claim whose answer was lost were handed back")]
    public static partial void StrangersHandedBack(ILogger logger, int count);

    [LoggerMessage(17, LogLevel.Warning, "Job {Job}: attempt {Attempt} of {MaxAttempts} failed, next in {Delay}")]
    public static partial void AttemptFailed(ILogger logger, JobId job, int attempt, int maxAttempts, TimeSpan delay, Exception error);

    [LoggerMessage(18, LogLevel.Error, "Job {Job} failed for good")]
    public static partial void JobFailed(ILogger logger, JobId job, Exception error);

    [LoggerMessage(19, LogLevel.Warning, "Job {Job}: FailedAsync threw at its try {Try}")]
    public static partial void HookFailed(ILogger logger, JobId job, int @try, Exception error);

    [LoggerMessage(20, LogLevel.Error, "Job {Job}: its time limit of {Timeout} is over and its code does not end")]
    public static partial void CodeHangs(ILogger logger, JobId job, TimeSpan timeout);

    [LoggerMessage(21, LogLevel.Warning, "Job {Job} ended with an error after it was asked to stop ({Reason}); not counted")]
    public static partial void StoppedWithError(ILogger logger, JobId job, StopReason reason, Exception error);

    [LoggerMessage(22, LogLevel.Debug, "Job {Job} ({Name}) begins, run {Run}")]
    public static partial void RunBegan(ILogger logger, JobId job, string name, int run);

    [LoggerMessage(23, LogLevel.Debug, "Job {Job} ({Name}) ended: {Outcome} after {Milliseconds} ms")]
    public static partial void RunEnded(ILogger logger, JobId job, string name, Outcome outcome, double milliseconds);

    [LoggerMessage(24, LogLevel.Warning, "Job {Job}: the outcome {Outcome} of a run that was taken over was refused")]
    public static partial void OutcomeRefused(ILogger logger, JobId job, Outcome outcome);

    [LoggerMessage(25, LogLevel.Warning, "The store cannot be opened; trying again with back-off")]
    public static partial void OpenFailed(ILogger logger, Exception error);

    [LoggerMessage(26, LogLevel.Warning, "Looking after the worker and its store failed; it is tried again")]
    public static partial void CareFailed(ILogger logger, Exception error);

    [LoggerMessage(27, LogLevel.Warning, "The session could not be closed in order; other workers will take over what is left")]
    public static partial void CloseFailed(ILogger logger, Exception error);

    [LoggerMessage(29, LogLevel.Error, "Job {Job}: what its run had to write was refused; the job fails")]
    public static partial void FlushRefused(ILogger logger, JobId job, Exception error);

    [LoggerMessage(30, LogLevel.Error, "Job {Job}: its run could not be taken to its end by the worker; it counts as failed")]
    public static partial void RunBroke(ILogger logger, JobId job, Exception error);

    [LoggerMessage(32, LogLevel.Error, "What a heartbeat brought could not be carried out; the next one is sent all the same")]
    public static partial void HeartBroke(ILogger logger, Exception error);

    [LoggerMessage(33, LogLevel.Error, "Job {Job}: what is done when its run has been settled failed; the run is settled all the same")]
    public static partial void TellingFailed(ILogger logger, JobId job, Exception error);

    [LoggerMessage(31, LogLevel.Critical, "No new session can be opened; the worker ends")]
    public static partial void ReopenFailed(ILogger logger, Exception error);

    [LoggerMessage(28, LogLevel.Warning, "Worker process {Number} (pid {Pid}) ended with exit code {Code}; it is started anew")]
    public static partial void ChildEnded(ILogger logger, int number, int pid, int code);
}
