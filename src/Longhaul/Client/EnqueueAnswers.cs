using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>What a store's answer means to the caller of an enqueue.</summary>
internal static class EnqueueAnswers
{
    public static EnqueueResult Result(EnqueueAnswer answer, NewJob job) => answer.Status switch
    {
        EnqueueStatus.Created or EnqueueStatus.Repeated => new EnqueueResult(answer.Id, Created: true),
        EnqueueStatus.Duplicate => new EnqueueResult(answer.Id, Created: false),
        EnqueueStatus.NothingToContinue => throw new ArgumentException(
            $"ContinueFrom must name a job that is in the store, but there is no job {job.ContinueFrom}. It may be past its retention: enqueue without ContinueFrom to begin anew."),
        EnqueueStatus.ContinuedJobLives => throw new InvalidOperationException(
            $"ContinueFrom must name a job that has ended, but job {job.ContinueFrom} has not. Cancel it and wait for its end, or let it go on."),
        _ => throw new StoreException($"The store answered {answer.Status} to a new job, which a client cannot take. Report it to the store's author."),
    };
}
