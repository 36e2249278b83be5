using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Tests.Worker;

/// <summary>An application with a memory store and one worker whose heart beats fast, for tests of the worker on the real clock.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly IHost _host;

    private TestApp(IHost host) => _host = host;

    public IJobClient Jobs => _host.Services.GetRequiredService<IJobClient>();

    public IJobStore Store => _host.Services.GetRequiredService<IJobStore>();

    public IHost Host => _host;

    /// <summary>What the worker wants the process to exit with.</summary>
    public int ExitCode => _host.Services.GetServices<IHostedService>().OfType<WorkerService>().Single().ExitCode;

    public static async Task<TestApp> StartAsync(Action<LonghaulBuilder> handlers, Action<WorkerOptions>? worker = null, IJobStore? store = null, ILoggerProvider? logger = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        if (logger is not null)
            builder.Logging.AddProvider(logger).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddLonghaul(l =>
        {
            if (store is null)
                l.UseMemory();
            else
                l.UseStore(_ => store);
            handlers(l);
            l.AddWorker(w =>
            {
                w.Heartbeat = TimeSpan.FromMilliseconds(50);
                w.Lease = TimeSpan.FromSeconds(10);
                w.FlushInterval = TimeSpan.FromMilliseconds(50);
                w.PollInterval = TimeSpan.FromSeconds(1);
                worker?.Invoke(w);
            });
        });
        var app = new TestApp(builder.Build());
        await app._host.StartAsync();
        return app;
    }

    /// <summary>The worker, as soon as it has opened its session.</summary>
    public async Task<WorkerInfo> WorkerAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (await Store.ListWorkersAsync(patience.Token) is [var worker, ..])
                return worker;
            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>Looks at the worker until the store shows it in a state.</summary>
    public async Task UntilWorkerIsAsync(WorkerState state)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await Store.ListWorkersAsync(patience.Token)) is not [var worker] || worker.State != state)
            await Task.Delay(5, patience.Token);
    }

    public Task StopAsync() => _host.StopAsync();

    /// <summary>Completes when the host has ended by itself, as when a worker reached a limit.</summary>
    public async Task EndedAsync()
    {
        await _host.WaitForShutdownAsync().WaitAsync(Patience);
        Environment.ExitCode = 0; // the worker's, not that of the tests
    }

    public Task<JobInfo> EndOfAsync(JobId id) => Jobs.WaitAsync(id, Patience);

    /// <summary>Looks until the job is as it should be.</summary>
    public async Task<JobRecord> UntilAsync(JobId id, Func<JobRecord, bool> condition, string awaited)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var job = await Store.GetJobAsync(id, CancellationToken.None);
            if (job is not null && condition(job))
                return job;
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"Job {id} did not become {awaited} within {Patience}: {job}");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

/// <summary>A moment that a handler reaches and a test waits for.</summary>
internal sealed class Signal
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set() => _reached.TrySetResult();

    public Task Task => _reached.Task;

    public async Task WaitAsync(string what)
    {
        try
        {
            await _reached.Task.WaitAsync(TestApp.Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Nobody reached: {what}", e);
        }
    }
}

[Job("test.work")]
internal sealed record Work(int Number = 0, string? Text = null);

[Job("test.other")]
internal sealed record OtherWork(int Number = 0);
