using Longhaul.Cli.Hosting;
using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Cli.Tests.Support;

/// <summary>A memory store on a clock that tests move, and the command line on it.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public World(Func<IJobStore, IJobStore>? around = null, bool autoMigrate = true)
    {
        Store = new MemoryStore(Clock);
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddLonghaul(longhaul => longhaul.UseStore(_ => around is null ? Store : around(Store)).Configure(options => options.AutoMigrate = autoMigrate));
        _services = services.BuildServiceProvider();
        Terminal = new Terminal { Time = Clock };
    }

    public ManualClock Clock { get; } = new();

    public IJobStore Store { get; }

    /// <summary>A pipe, unless a test changes it.</summary>
    public Terminal Terminal { get; set; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Runs words that are separated by blanks; what stands in single quotes is one.</summary>
    public Task<CliRun> RunAsync(string line) => RunAsync(Words.Of(line));

    public Task<CliRun> RunAsync(string[] args, CancellationToken? cancellationToken = null)
        => Terminal.RunAsync(new HostApplication(_services), args, cancellationToken ?? Cancel);

    /// <summary>Looks at it on a terminal.</summary>
    public Task<CliRun> LookAsync(string line, int width = 120)
        => (Terminal with { IsTerminal = true, Width = width }).RunAsync(new HostApplication(_services), Words.Of(line), Cancel);

    /// <summary>Looks at it on a terminal that obeys no escape sequences: whatever there is of them comes from jobs.</summary>
    public Task<CliRun> LookPlainAsync(string line)
        => (Terminal.With("TERM", "dumb") with { IsTerminal = true }).RunAsync(new HostApplication(_services), Words.Of(line), Cancel);

    /// <summary>Enqueues a job.</summary>
    public async Task<JobId> AddAsync(Func<NewJob, NewJob>? change = null)
    {
        var job = Make.Job(await Store.TakeIdsAsync(1, null, Cancel));
        job = change is null ? job : change(job);
        (await Store.EnqueueAsync([job], null, Cancel))[0].Status.ShouldBe(EnqueueStatus.Created);
        return job.Id;
    }

    /// <summary>A worker for <see cref="Make.Name"/>.</summary>
    public Task<TestWorker> WorkerAsync(Func<WorkerRecord, WorkerRecord>? change = null) => TestWorker.OpenAsync(Store, change);

    /// <summary>Enqueues a job that fails for good.</summary>
    public async Task<JobId> AddFailedAsync(Func<NewJob, NewJob>? change = null, string message = "it went wrong")
    {
        var id = await AddAsync(change);
        var job = (await GetAsync(id))!;
        using var worker = await WorkerAsync(record => record with { Names = [job.Name], Queues = [job.Queue] });
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, Outcome.Failed, settlement => settlement with { Error = new JobError("TestException", message, "at Test.Run()\nat Test.Main()") });
        await worker.CloseAsync();
        return id;
    }

    public Task<JobRecord?> GetAsync(JobId id) => Store.GetJobAsync(id, Cancel);

    public async Task<JobState?> StateAsync(JobId id) => (await GetAsync(id))?.State;

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
