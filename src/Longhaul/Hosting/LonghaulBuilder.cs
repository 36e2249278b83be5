using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Longhaul.Hosting;
using Longhaul.Jobs;
using Longhaul.Processes;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul;

/// <summary>Puts an application's Longhaul together. Every method returns the builder.</summary>
public sealed class LonghaulBuilder
{
    private readonly LonghaulSetup _setup;

    internal LonghaulBuilder(IServiceCollection services, LonghaulSetup setup)
    {
        Services = services;
        _setup = setup;
    }

    /// <summary>The services, for packages that add to them.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The name of this Longhaul, the key of its services; null for the one without.</summary>
    public string? Name => _setup.Name;

    /// <summary>Names the store. Without a call it comes from the settings: <c>LONGHAUL_STORE</c>, <c>Longhaul:Store</c>, <c>QUEUE_CONNECTION</c>.</summary>
    /// <param name="store">Makes the store, once. It is opened at the first need and disposed with the host.</param>
    public LonghaulBuilder UseStore(Func<IServiceProvider, IJobStore> store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (_setup.Store is not null)
            throw new InvalidOperationException("A Longhaul must have one store, but a second one was named. Remove one, or give it a name of its own: AddLonghaul(\"name\", …).");
        _setup.Store = store;
        return this;
    }

    /// <summary>Keeps jobs in the memory of this process: for tests, for development, and for work that need not survive it.</summary>
    public LonghaulBuilder UseMemory() => UseStore(StoreCatalog.Memory);

    /// <summary>
    /// Runs each job at once, in the flow of the call that enqueues it: for development and tests. Delays and limits are ignored and there is one attempt;
    /// an error runs <c>FailedAsync</c>, is recorded, and thrown by the call. What a job enqueues runs after it, in order. Waits and transactions are refused,
    /// and a worker does nothing.
    /// </summary>
    public LonghaulBuilder UseSync()
    {
        UseStore(StoreCatalog.Sync);
        _setup.IsSync = true;
        return this;
    }

    /// <summary>Lets settings name stores of a scheme, as <c>sqlite:FILE</c>. For packages with a store.</summary>
    /// <param name="scheme">What stands before the colon.</param>
    /// <param name="make">Makes the store of an address, without opening it.</param>
    public LonghaulBuilder AddStoreScheme(string scheme, Func<StoreUrl, IServiceProvider, IJobStore> make)
    {
        ArgumentException.ThrowIfNullOrEmpty(scheme);
        ArgumentNullException.ThrowIfNull(make);
        _setup.Stores.Add(scheme, make);
        return this;
    }

    /// <summary>Handles jobs of a type by a class, made anew for each run with injected services.</summary>
    /// <typeparam name="TJob">The payload, with a <see cref="JobAttribute"/>.</typeparam>
    /// <typeparam name="THandler">The handler. Where it is in the services it comes from there, else its constructor is filled from them.</typeparam>
    /// <param name="configure">Retry rules and upgraders.</param>
    public LonghaulBuilder AddHandler<TJob, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(Action<HandlerOptions>? configure = null)
        where TJob : notnull
        where THandler : class, IJobHandler<TJob>
    {
        _setup.Handlers.Add(new ClassHandlerRegistration<TJob, THandler>(configure));
        return this;
    }

    /// <summary>Handles jobs of a type by a lambda.</summary>
    /// <typeparam name="TJob">The payload, with a <see cref="JobAttribute"/>.</typeparam>
    /// <param name="handle">Does the work; see <see cref="IJobHandler{TJob}.HandleAsync"/>.</param>
    /// <param name="configure">Retry rules and upgraders.</param>
    public LonghaulBuilder AddHandler<TJob>(Func<TJob, JobContext, CancellationToken, Task> handle, Action<HandlerOptions>? configure = null)
        where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(handle);
        _setup.Handlers.Add(new LambdaRegistration<TJob>((job, context, _, cancellationToken) => handle(job, context, cancellationToken), usesServices: false, configure));
        return this;
    }

    /// <summary>Handles jobs of a type by a lambda that gets the services of the run's scope.</summary>
    /// <inheritdoc cref="AddHandler{TJob}(Func{TJob, JobContext, CancellationToken, Task}, Action{HandlerOptions}?)"/>
    public LonghaulBuilder AddHandler<TJob>(Func<TJob, JobContext, IServiceProvider, CancellationToken, Task> handle, Action<HandlerOptions>? configure = null)
        where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(handle);
        _setup.Handlers.Add(new LambdaRegistration<TJob>(handle, usesServices: true, configure));
        return this;
    }

    /// <summary>Handles jobs by every class of an assembly that is an <see cref="IJobHandler{TJob}"/>. For options of one, leave it out and add it alone.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="except">Handlers to leave out.</param>
    /// <exception cref="ArgumentException">It has no handler.</exception>
    public LonghaulBuilder AddHandlersFromAssembly(Assembly assembly, params Type[] except)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        _setup.Handlers.AddRange(AssemblyHandlers.Of(assembly, except));
        return this;
    }

    /// <summary>Puts code around every handler call. The first one added is the outermost.</summary>
    /// <typeparam name="T">Made once, unless it is in the services: then taken from each run's scope.</typeparam>
    public LonghaulBuilder AddMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>() where T : class, IJobMiddleware
    {
        _setup.Middleware.Add(typeof(T));
        return this;
    }

    /// <summary>Runs a worker in this host. Called again it changes the same worker.</summary>
    /// <param name="configure">How it works. <c>Longhaul:Worker:</c> in the settings wins.</param>
    public LonghaulBuilder AddWorker(Action<WorkerOptions>? configure = null)
    {
        _setup.HasWorker = true;
        if (configure is not null)
            _setup.Worker.Add(configure);
        return this;
    }

    /// <summary>Handles <see cref="RunProcess"/>: programs of an allow-list run as jobs. <c>Longhaul:Processes:NAME</c> in the settings adds entries, and wins.</summary>
    /// <param name="configure">Adds entries by name, such as <c>reports/monthly</c>; a name that ends in <c>/*</c> stands for all below it.</param>
    public LonghaulBuilder AddProcesses(Action<IDictionary<string, ProcessEntry>>? configure = null)
    {
        if (!_setup.HasProcesses)
            _setup.Handlers.Add(new ProcessRegistration(_setup));
        _setup.HasProcesses = true;
        configure?.Invoke(_setup.Processes);
        return this;
    }

    /// <summary>Changes what holds for all jobs.</summary>
    /// <param name="configure">Sets options. <c>Longhaul:</c> in the settings wins.</param>
    public LonghaulBuilder Configure(Action<LonghaulOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _setup.Options.Add(configure);
        return this;
    }

    /// <summary>Says that a section under <c>Longhaul:</c> belongs to a package, so that it is not refused as unknown.</summary>
    /// <param name="section">Its name.</param>
    public LonghaulBuilder AcceptSection(string section)
    {
        ArgumentException.ThrowIfNullOrEmpty(section);
        _setup.Sections.Add(section);
        return this;
    }
}
