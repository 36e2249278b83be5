using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>Longhaul as an application has it: a host with a client and, where asked for, a worker that begins with <see cref="StartAsync"/>.</summary>
internal sealed class LonghaulHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Func<CountingStore?> _counted;

    private LonghaulHost(IHost host, Func<CountingStore?> counted) => (_host, _counted) = (host, counted);

    public IJobClient Jobs => _host.Services.GetRequiredService<IJobClient>();

    public Tally Tally => _host.Services.GetRequiredService<Tally>();

    /// <summary>A client alone.</summary>
    public static LonghaulHost Client(StoreUnderTest store, string database) => Make(store, database, worker: null, count: false);

    /// <summary>A client and a worker.</summary>
    public static LonghaulHost Worker(StoreUnderTest store, string database, Action<WorkerOptions>? worker = null, bool countCalls = false)
        => Make(store, database, worker ?? (static _ => { }), countCalls);

    /// <summary>The store, open.</summary>
    public ValueTask<IJobStore> StoreAsync() => _host.Services.GetRequiredService<LonghaulInstance>().Store.OpenAsync(CancellationToken.None);

    /// <summary>How many heartbeats and other calls have reached the store. Asked for with <c>countCalls</c>, for counting costs a little.</summary>
    public (long Beats, long Others) StoreCalls
        => _counted() is { } counted ? (counted.Beats, counted.Others) : throw new InvalidOperationException("Calls are counted only where the host was made so.");

    public Task StartAsync() => _host.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }

    private static LonghaulHost Make(StoreUnderTest store, string database, Action<WorkerOptions>? worker, bool count)
    {
        CountingStore? counted = null;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<Tally>();
        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul.UseStore(_ => count ? counted = new CountingStore(store.Open(database)) : store.Open(database))
                .AddHandler<NoOp, NoOpHandler>().AddHandler<Stamped, StampedHandler>().AddHandler<Waiting, WaitingHandler>().AddHandler<Loop, LoopHandler>()
                .AddHandler<Reporting, ReportingHandler>();
            if (worker is not null)
                longhaul.AddWorker(worker);
        });
        return new LonghaulHost(builder.Build(), () => counted);
    }
}
