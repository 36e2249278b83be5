using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>How an error becomes a retry: the only place that knows.</summary>
internal static class RetryPolicy
{
    /// <summary>What becomes of an attempt that ended in an error.</summary>
    /// <param name="Retry">Tried again, or failed for good.</param>
    /// <param name="Delay">Before the next attempt.</param>
    public readonly record struct Decision(bool Retry, TimeSpan Delay)
    {
        public static readonly Decision Fail = new(false, TimeSpan.Zero);
    }

    /// <summary>Decides. <paramref name="failedAttempts"/> are those before this one; <paramref name="random"/> is uniform in [0, 1).</summary>
    public static Decision Decide(Exception error, JobDefinition definition, RunLimits limits, int failedAttempts, Func<double> random)
    {
        if (error is FailNowException or PayloadException or ItemBudgetExceededException { InnerException: FailNowException })
            return Decision.Fail;

        var rule = definition.Retry.Rules.FirstOrDefault(r => r.Type.IsInstanceOfType(error));
        var attempt = failedAttempts + 1;
        if (rule is { Fail: true } || attempt >= (rule?.MaxAttempts ?? limits.MaxAttempts))
            return Decision.Fail;

        return error is RetryAfterException { Delay: var asked }
            ? new Decision(true, asked)
            : new Decision(true, Delay(attempt, rule?.Delay ?? limits.RetryDelay, limits.MaxRetryDelay, limits.RetryJitter, random));
    }

    /// <summary>The delay after attempt n: <c>first × 2^(n-1)</c>, at most <paramref name="cap"/>, of which the share <paramref name="jitter"/> is random.</summary>
    public static TimeSpan Delay(int attempt, TimeSpan first, TimeSpan cap, double jitter, Func<double> random)
    {
        var seconds = first.TotalSeconds * Math.Pow(2, Math.Min(attempt - 1, 62));
        seconds = Math.Min(seconds, cap.TotalSeconds);
        if (jitter > 0)
            seconds *= 1 - (jitter * random());
        return TimeSpan.FromSeconds(seconds);
    }
}

/// <summary>The limits that hold for one run: what the job says, else what its handler says, else the worker, else the defaults.</summary>
internal readonly record struct RunLimits(
    int MaxAttempts, TimeSpan RetryDelay, TimeSpan MaxRetryDelay, double RetryJitter, TimeSpan? Timeout, TimeSpan ShutdownTimeout, TimeSpan Retention)
{
    public static RunLimits Of(JobPolicy? job, JobPolicy? handler, WorkerOptions worker) => new(
        (worker.OverrideJobs ? worker.MaxAttempts : null) ?? job?.MaxAttempts ?? handler?.MaxAttempts ?? worker.MaxAttempts ?? JobDefaults.MaxAttempts,
        job?.RetryDelay ?? handler?.RetryDelay ?? JobDefaults.RetryDelay,
        job?.MaxRetryDelay ?? handler?.MaxRetryDelay ?? JobDefaults.MaxRetryDelay,
        job?.RetryJitter ?? handler?.RetryJitter ?? 0,
        (worker.OverrideJobs ? worker.Timeout : null) ?? job?.Timeout ?? handler?.Timeout ?? worker.Timeout,
        job?.ShutdownTimeout ?? handler?.ShutdownTimeout ?? worker.ShutdownTimeout,
        job?.Retention ?? handler?.Retention ?? JobDefaults.Retention);
}
