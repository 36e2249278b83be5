using System.Diagnostics.Metrics;
using Longhaul.Client;
using Longhaul.Diagnostics;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Hosting;

/// <summary>One Longhaul of a host: what its setup says, checked, with the parts that everybody shares.</summary>
internal sealed class LonghaulInstance : IAsyncDisposable, IDisposable
{
    private readonly IdSource _ids;

    /// <exception cref="LonghaulSetupException">Something does not hold; the message tells all of it.</exception>
    public LonghaulInstance(IServiceProvider services, LonghaulSetup setup)
    {
        Name = setup.Name;
        Services = services;
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;

        var problems = new List<string>();
        var settings = Settings.Of(services);
        (Options, var worker) = SettingsReader.Read(setup, settings, problems);
        Worker = setup.HasWorker ? worker : null;
        Registry = BuildRegistry(services, setup, Options, problems);
        var make = StoreOf(services, setup, Options, settings, problems);
        if (problems.Count > 0)
            throw new LonghaulSetupException(Name, problems);

        var calls = new StoreMetrics(services.GetService<IMeterFactory>() ?? PlainMeters.Instance, Time);
        Store = new StoreHost(() => new ObservedJobStore(make!(services), calls), Options.AutoMigrate);
        Secrets = new SecretNames(Options.SecretNames);
        var random = new RandomSource();
        _ids = new IdSource(Store);
        var maker = new JobMaker(setup.Types, Options, Secrets);
        JobClient = new JobClient(maker, new JsonPush(maker, Registry), new JobWriter(Store, _ids, random, Time), new JobReads(Store, Time));
        Client = JobClient;
    }

    /// <summary>Null: the one without a name.</summary>
    public string? Name { get; }

    /// <summary>The host's services.</summary>
    public IServiceProvider Services { get; }

    public TimeProvider Time { get; }

    public LonghaulOptions Options { get; }

    /// <summary>How the host's worker works; null: it has none.</summary>
    public WorkerOptions? Worker { get; }

    public JobRegistry Registry { get; }

    public StoreHost Store { get; }

    public SecretNames Secrets { get; }

    public JobClient JobClient { get; }

    /// <summary>What the application's code gets.</summary>
    public IJobClient Client { get; }

    /// <summary>The open store, for those who ask for it as a service. A worker or client has mostly opened it before.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public IJobStore OpenStore()
    {
        var open = Store.OpenAsync(CancellationToken.None);
#pragma warning disable VSTHRD002 // a service is made without await
        return open.IsCompletedSuccessfully ? open.Result : open.AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    public async ValueTask DisposeAsync()
    {
        _ids.Dispose();
        await Store.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _ids.Dispose();
        Store.Dispose();
    }

    private static JobRegistry BuildRegistry(IServiceProvider services, LonghaulSetup setup, LonghaulOptions options, List<string> problems)
    {
        var middleware = MiddlewareChain.From(setup.Middleware, services, problems);
        var context = new RegistryContext(setup.Types, options, middleware, services);
        var definitions = setup.Handlers.Select(h => h.Build(context, problems)).OfType<JobDefinition>().ToArray();
        return JobRegistry.From(definitions, problems);
    }

    private static Func<IServiceProvider, IJobStore>? StoreOf(
        IServiceProvider services, LonghaulSetup setup, LonghaulOptions options, Settings settings, List<string> problems)
    {
        if (setup.Store is { } named)
            return named;
        try
        {
            var url = StoreSetting.Find(settings, options.Store, setup.Name)
                ?? throw new ArgumentException(
                    "A store must be named, but none is. Call UseSqlite(\"app.db\"), UseMemory() or another Use… in AddLonghaul, or set LONGHAUL_STORE or Longhaul:Store to one of " +
                    $"{setup.Stores.Forms}.");
            return setup.Stores.Find(url);
        }
        catch (ArgumentException e)
        {
            problems.Add(e.Message);
            return null;
        }
    }
}
