namespace Longhaul;

/// <summary>The code that does the work of one kind of job. Made anew for each run, with injected services.</summary>
/// <typeparam name="TJob">The payload, a plain record with a <see cref="JobAttribute"/>.</typeparam>
public interface IJobHandler<in TJob>
{
    /// <summary>
    /// Does the work. Returning completes the job; throwing fails the attempt, and the job is tried again unless none are left.
    /// It may run more than once (after a crash): make its effects repeatable, or save them with the checkpoint in one transaction.
    /// </summary>
    /// <param name="job">The payload.</param>
    /// <param name="context">The run: progress, checkpoint, phases, loops, log, traces.</param>
    /// <param name="cancellationToken">Trips when the run is to stop; <see cref="JobContext.StopReason"/> says why. Let the exception pass.</param>
    Task HandleAsync(TJob job, JobContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Called once the job has failed for good (also by time-outs and lost runs), as a run of its own with up to 3 tries.
    /// Its own error is logged and changes nothing. Does nothing unless implemented.
    /// </summary>
    Task FailedAsync(TJob job, JobContext context, JobFailure failure, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Why a job failed for good.</summary>
/// <param name="Type">The exception's type name, or <c>timeout</c> or <c>lost</c>.</param>
/// <param name="Message">Its message.</param>
/// <param name="Detail">Stack and inner exceptions, where there are any.</param>
public sealed record JobFailure(string Type, string Message, string? Detail);

/// <summary>Why a run is asked to stop.</summary>
public enum StopReason
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>The worker is stopping: the job is handed back and goes on elsewhere, no attempt counted.</summary>
    Shutdown,

    /// <summary>Somebody cancelled the job.</summary>
    Cancelled,

    /// <summary>Somebody paused the job.</summary>
    Paused,

    /// <summary>The run was taken over: nothing that it writes counts any more.</summary>
    LeaseLost,

    /// <summary>The job's time limit has passed.</summary>
    Timeout,

    /// <summary>Others of its queue have waited long enough: the job gives way and goes on later.</summary>
    TimeSlice,
}
