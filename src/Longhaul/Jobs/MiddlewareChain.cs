using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Jobs;

/// <summary>The middleware of a program, ready to be put around handlers.</summary>
internal sealed class MiddlewareChain
{
    public static readonly MiddlewareChain Empty = new([], needsScope: false);

    private readonly Func<IServiceProvider, IJobMiddleware>[] _links;

    private MiddlewareChain(Func<IServiceProvider, IJobMiddleware>[] links, bool needsScope)
    {
        _links = links;
        NeedsScope = needsScope;
    }

    /// <summary>Whether one of them comes from the run's scope.</summary>
    public bool NeedsScope { get; }

    public static MiddlewareChain From(IReadOnlyList<Type> types, IServiceProvider services, List<string> problems)
    {
        var known = services.GetService<IServiceProviderIsService>();
        var needsScope = false;
        var links = types.Select(Link).ToArray();
        return links.Length == 0 ? Empty : new MiddlewareChain(links, needsScope);

        Func<IServiceProvider, IJobMiddleware> Link(Type type)
        {
            if (known?.IsService(type) == true)
            {
                needsScope = true;
                return s => (IJobMiddleware)s.GetRequiredService(type);
            }

            try
            {
                var one = (IJobMiddleware)ActivatorUtilities.CreateInstance(services, type);
                return _ => one;
            }
            catch (InvalidOperationException e)
            {
                problems.Add($"The middleware {type} must have a constructor that the services can fill, but: {e.Message}");
                return static _ => null!; // never called: the program does not start
            }
        }
    }

    /// <summary>The handler with the middleware around it; the very handler when there is none.</summary>
    public Func<IServiceProvider, object, JobContext, CancellationToken, Task> Around(Func<IServiceProvider, object, JobContext, CancellationToken, Task> handler)
    {
        for (var i = _links.Length - 1; i >= 0; i--)
        {
            var (link, next) = (_links[i], handler);
            handler = (services, job, context, cancellationToken) =>
                link(services).InvokeAsync(context, () => next(services, job, context, cancellationToken), cancellationToken);
        }

        return handler;
    }

    /// <summary>The same for a handler that gets a further argument.</summary>
    public Func<IServiceProvider, object, JobContext, T, CancellationToken, Task> Around<T>(
        Func<IServiceProvider, object, JobContext, T, CancellationToken, Task> handler)
    {
        for (var i = _links.Length - 1; i >= 0; i--)
        {
            var (link, next) = (_links[i], handler);
            handler = (services, job, context, argument, cancellationToken) =>
                link(services).InvokeAsync(context, () => next(services, job, context, argument, cancellationToken), cancellationToken);
        }

        return handler;
    }
}
