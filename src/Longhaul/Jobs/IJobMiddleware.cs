namespace Longhaul;

/// <summary>Code around every handler call of a run, also around <c>FailedAsync</c>: a log scope, a tenant, a measurement.</summary>
/// <remarks>
/// Registered by <see cref="LonghaulBuilder.AddMiddleware{T}"/>; the first one registered is the outermost. It is made once, unless its type
/// is registered in the services: then it is taken from the run's own scope. It is called by many runs at once.
/// </remarks>
public interface IJobMiddleware
{
    /// <summary>Calls <paramref name="next"/>, once, or throws to fail the attempt. Returning without the call completes the job undone.</summary>
    /// <param name="context">The run.</param>
    /// <param name="next">The rest: further middleware, then the handler. Let its exceptions pass.</param>
    /// <param name="cancellationToken">Trips when the run is to stop.</param>
    Task InvokeAsync(JobContext context, Func<Task> next, CancellationToken cancellationToken);
}
