using System.Diagnostics.Metrics;
using Longhaul.Client;
using Longhaul.Diagnostics;
using Longhaul.Jobs;
using Longhaul.Memory;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Hosting;

/// <summary>One Longhaul of a host: what its setup says, checked, with the parts that everybody shares.</summary>
internal sealed class LonghaulInstance : IAsyncDisposable, IDisposable
{
    private readonly IdSource _ids;
    private readonly SyncRunner? _sync;

    /// <exception cref="LonghaulSetupException">Something does not hold; the message tells all of it.</exception>
    public LonghaulInstance(IServiceProvider services, LonghaulSetup setup)
    {
        Name = setup.Name;
        Services = services;
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;

        var problems = new List<string>();
        var settings = Settings.Of(services);
        (Options, var worker) = SettingsReader.Read(setup, settings, problems);
        Registry = RegistryOf(setup, problems);
        var (make, isSync) = StoreOf(setup, settings, problems);
        if (problems.Count > 0)
            throw new LonghaulSetupException(Name, problems);

        Worker = setup.HasWorker && !isSync ? worker : null;
        var calls = new StoreMetrics(services.GetService<IMeterFactory>() ?? PlainMeters.Instance, Time);
        Store = new StoreHost(() => new ObservedJobStore(make!(services), calls), Options.AutoMigrate);
        var secrets = new SecretNames(Options.SecretNames);
        Mask = new PayloadMask(secrets, Registry);
        var random = new RandomSource();
        var logger = services.GetService<ILoggerFactory>()?.CreateLogger("Longhaul.Client") ?? NullLogger.Instance;
        _ids = new IdSource(Store);
        var maker = new JobMaker(setup.Types, Options, secrets);
        (Push, Writer) = (new JsonPush(maker, Registry), new JobWriter(Store, _ids, random, Time, logger));
        var client = new JobClient(maker, Push, Writer, new JobReads(Store, Time));
        (Client, Prepare) = (client, client.PrepareAsync);
        if (!isSync)
            return;

        var parts = new SyncRun.Parts(services, Time, logger, random, (payload, options, cancellationToken) => Prepare(payload, options, cancellationToken));
        _sync = new SyncRunner(new OpeningJobStore(Store), Registry, parts);
        var sync = new SyncClient(client, _sync);
        (Client, Prepare) = (sync, sync.PrepareAsync);
    }

    /// <summary>Null: the one without a name.</summary>
    public string? Name { get; }

    /// <summary>The host's services.</summary>
    public IServiceProvider Services { get; }

    public TimeProvider Time { get; }

    public LonghaulOptions Options { get; }

    /// <summary>How the host's worker works; null: it has none, or jobs run in their callers.</summary>
    public WorkerOptions? Worker { get; }

    public JobRegistry Registry { get; }

    public StoreHost Store { get; }

    /// <summary>Makes of payloads what people may see.</summary>
    public PayloadMask Mask { get; }

    /// <summary>What the application's code gets.</summary>
    public IJobClient Client { get; }

    /// <summary>Checks jobs that come as JSON.</summary>
    public JsonPush Push { get; }

    /// <summary>Writes jobs.</summary>
    public JobWriter Writer { get; }

    /// <summary>Whether jobs run in the flow of the call that enqueues them.</summary>
    public bool IsSync => _sync is not null;

    /// <summary>Makes jobs for runs to enqueue.</summary>
    public PrepareJob Prepare { get; }

    public async ValueTask DisposeAsync()
    {
        DisposeParts();
        await Store.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        DisposeParts();
        Store.Dispose();
    }

    private void DisposeParts()
    {
        _ids.Dispose();
        _sync?.Dispose();
    }

    private JobRegistry RegistryOf(LonghaulSetup setup, List<string> problems)
    {
        var middleware = MiddlewareChain.From(setup.Middleware, Services, problems);
        var context = new RegistryContext(setup.Types, Options, middleware, Services);
        var definitions = setup.Handlers.Select(h => h.Build(context, problems)).OfType<JobDefinition>().ToArray();
        return JobRegistry.From(definitions, problems);
    }

    private (Func<IServiceProvider, IJobStore>? Make, bool IsSync) StoreOf(LonghaulSetup setup, Settings settings, List<string> problems)
    {
        if (setup.Store is { } named)
            return (named, setup.IsSync);
        try
        {
            var url = StoreSetting.Find(settings, Options.Store, setup.Name)
                ?? throw new ArgumentException(
                    "A store must be named, but none is. Call UseSqlite(\"app.db\"), UseMemory() or another Use… in AddLonghaul, or set LONGHAUL_STORE or Longhaul:Store to one of " +
                    $"{setup.Stores.Forms}.");
            return (setup.Stores.Find(url), url.Scheme == "sync");
        }
        catch (ArgumentException e)
        {
            problems.Add(e.Message);
            return default;
        }
    }
}
