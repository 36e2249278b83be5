namespace Longhaul.Jobs;

/// <summary>Makes a handler and calls it; disposes it where nobody else does.</summary>
internal sealed class HandlerCall<TJob, THandler>(Func<IServiceProvider, THandler> make, bool dispose)
    where TJob : notnull
    where THandler : class, IJobHandler<TJob>
{
    public Task HandleAsync(IServiceProvider services, object job, JobContext context, CancellationToken cancellationToken)
    {
        var handler = make(services);
        return dispose
            ? ThenDisposeAsync(handler, handler.HandleAsync, (TJob)job, context, cancellationToken)
            : handler.HandleAsync((TJob)job, context, cancellationToken);
    }

    public Task FailedAsync(IServiceProvider services, object job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
    {
        var handler = make(services);
        return dispose
            ? ThenDisposeAsync(handler, (j, c, t) => handler.FailedAsync(j, c, failure, t), (TJob)job, context, cancellationToken)
            : handler.FailedAsync((TJob)job, context, failure, cancellationToken);
    }

    private static async Task ThenDisposeAsync(
        THandler handler, Func<TJob, JobContext, CancellationToken, Task> call, TJob job, JobContext context, CancellationToken cancellationToken)
    {
        try
        {
            await call(job, context, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (handler is IAsyncDisposable later)
                await later.DisposeAsync().ConfigureAwait(false);
            else
                ((IDisposable)handler).Dispose();
        }
    }
}
