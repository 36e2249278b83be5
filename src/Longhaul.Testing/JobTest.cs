namespace Longhaul.Testing;

/// <summary>Runs a handler as a worker would, once, without a worker, a store or a database, and tells what it did.</summary>
/// <example><code>
/// var run = await JobTest.RunAsync(new ImportHandler(db), new Import("a.csv"), resumeFrom: new Cursor(500));
/// Assert.Equal(1_000, run.LastCheckpoint&lt;Cursor&gt;().Row);
/// </code></example>
public static class JobTest
{
    /// <summary>Runs a handler. Its errors do not come out of this call: see <see cref="JobTestRun.Error"/>.</summary>
    /// <typeparam name="TJob">The payload, with a <see cref="JobAttribute"/>.</typeparam>
    /// <param name="handler">The handler.</param>
    /// <param name="job">The payload. The handler gets what comes back from its JSON, as in a worker.</param>
    /// <param name="options">What is different from the first run of a fresh job.</param>
    /// <param name="resumeFrom">Where to go on: an earlier <see cref="JobTestRun"/> with all its phases and cursors, or the state that <c>context.Checkpoint</c> is to have.</param>
    /// <param name="cancellationToken">Ends the test: trips the run's token as a worker that is stopping does.</param>
    /// <exception cref="ArgumentException">The payload has no job name, does not serialise, or is over a limit.</exception>
    public static Task<JobTestRun> RunAsync<TJob>(
        IJobHandler<TJob> handler, TJob job, JobTestOptions? options = null, object? resumeFrom = null, CancellationToken cancellationToken = default) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(job);
        return new JobTestRunner<TJob>(handler, job, options ?? new JobTestOptions(), resumeFrom).RunAsync(cancellationToken);
    }

    /// <summary>Runs a handler that is a lambda.</summary>
    /// <inheritdoc cref="RunAsync{TJob}(IJobHandler{TJob}, TJob, JobTestOptions?, object?, CancellationToken)"/>
    public static Task<JobTestRun> RunAsync<TJob>(
        Func<TJob, JobContext, CancellationToken, Task> handler, TJob job, JobTestOptions? options = null, object? resumeFrom = null,
        CancellationToken cancellationToken = default) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(handler);
        return RunAsync(new Lambda<TJob>(handler), job, options, resumeFrom, cancellationToken);
    }

    private sealed class Lambda<TJob>(Func<TJob, JobContext, CancellationToken, Task> handle) : IJobHandler<TJob>
    {
        public Task HandleAsync(TJob job, JobContext context, CancellationToken cancellationToken) => handle(job, context, cancellationToken);
    }
}
