using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api;

/// <summary>What a copy of a job takes over from it.</summary>
internal static class Clones
{
    /// <summary>What the call says, else what the original was enqueued with. Its unique key stays its own.</summary>
    public static EnqueueOptions Options(EnqueueOptions call, JobRecord original)
    {
        var policy = original.Policy ?? new JobPolicy();
        return call with
        {
            Queue = call.Queue ?? original.Queue,
            Priority = call.Priority ?? original.Priority,
            Owner = call.Owner ?? original.Owner,
            Tags = call.Tags ?? original.Tags,
            MaxAttempts = call.MaxAttempts ?? policy.MaxAttempts,
            RetryDelay = call.RetryDelay ?? policy.RetryDelay,
            MaxRetryDelay = call.MaxRetryDelay ?? policy.MaxRetryDelay,
            RetryJitter = call.RetryJitter ?? policy.RetryJitter,
            Timeout = call.Timeout ?? policy.Timeout,
            ShutdownTimeout = call.ShutdownTimeout ?? policy.ShutdownTimeout,
            StallAfter = call.StallAfter ?? policy.StallAfter,
            MaxLostRuns = call.MaxLostRuns ?? policy.MaxLostRuns,
            Retention = call.Retention ?? policy.Retention,
        };
    }
}
