using System.Globalization;
using Longhaul.Proof;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Load.Campaigns.Web;

/// <summary>Jobs to be looked at.</summary>
/// <param name="Completed">One that has completed.</param>
/// <param name="Failed">One that has failed.</param>
/// <param name="Running">One that runs on.</param>
/// <param name="Middle">A moment between the first and the last.</param>
internal sealed record Landmarks(long Completed, long Failed, long Running, DateTimeOffset Middle);

/// <summary>A worker that has ended a million jobs of several kinds, and goes on with others.</summary>
internal sealed class Filling : IAsyncDisposable
{
    private const int Batch = 10_000;
    private const int LongOnes = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly IHost _host;
    private readonly Counter _counter;

    private Filling(IHost host, Counter counter) => (_host, _counter) = (host, counter);

    /// <summary>How many jobs have ended since <see cref="WorkOn"/>.</summary>
    public long Done => _counter.Value - _counter.Before;

    private IJobClient Jobs => _host.Services.GetRequiredService<IJobClient>();

    private IJobStore Store => _host.Services.GetRequiredService<IJobStore>();

    public static async Task<Filling> StartAsync(string place)
    {
        var counter = new Counter();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddLonghaul(longhaul => longhaul.UseStore(_ => WorkerProgram.StoreOf(place))
            .AddHandler<Fill1>((job, context, _) => counter.RunAsync(job.Number, context)).AddHandler<Fill2>((job, context, _) => counter.RunAsync(job.Number, context))
            .AddHandler<GoOn>(static (_, context, token) => GoOnAsync(context, token)).AddWorker(static worker => worker.Concurrency = 32));
        var host = builder.Build();
        await host.StartAsync();
        return new Filling(host, counter);
    }

    public async Task<Landmarks> FillAsync(int finished, int pending)
    {
        for (var i = 0; i < finished; i += Batch)
        {
            var count = Math.Min(Batch, finished - i);
            var options = Options(i / Batch);
            if (i / Batch % 2 == 0)
                await Jobs.EnqueueManyAsync(Enumerable.Range(i, count).Select(static n => new Fill1(n, Text(n))), options);
            else
                await Jobs.EnqueueManyAsync(Enumerable.Range(i, count).Select(static n => new Fill2(n, Text(n))), options);
            await Until.TrueAsync(() => _counter.Value >= i - Batch, Patience, "the worker to keep up");
            CrashCampaign.Tell($"{i + count} of {finished} jobs");
        }

        await Until.TrueAsync(() => _counter.Value >= finished, Patience, "the last of the jobs to end");
        await Jobs.EnqueueManyAsync(Enumerable.Range(0, pending / 2).Select(static n => new Nobodys(n)), new() { Queue = "q1" });
        await Jobs.EnqueueManyAsync(Enumerable.Range(0, pending - (pending / 2)).Select(static n => new Fill1(n, "later")), new() { Queue = "q2", Delay = TimeSpan.FromDays(1) });
        for (var i = 0; i < LongOnes; i++)
            await Jobs.EnqueueAsync(new GoOn());
        await Until.TrueAsync(async () => (await ListAsync(JobState.Running)).Count >= LongOnes, TimeSpan.FromMinutes(1), "long jobs to run");
        var (completed, failed, running) = ((await ListAsync(JobState.Completed))[0], (await ListAsync(JobState.Failed))[0], (await ListAsync(JobState.Running))[0]);
        var first = (await Store.ListJobsAsync(new JobFilter { OldestFirst = true }, new PageRequest(1), CancellationToken.None)).Items[0];
        return new Landmarks(completed.Id.Value, failed.Id.Value, running.Id.Value, first.CreatedAt + ((completed.CreatedAt - first.CreatedAt) / 2));
    }

    /// <summary>From now on jobs come steadily.</summary>
    public IAsyncDisposable WorkOn()
    {
        _counter.Before = _counter.Value;
        return new Steady(Jobs);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static EnqueueOptions Options(int batch) => new()
    {
        Queue = string.Create(CultureInfo.InvariantCulture, $"q{batch % 5}"),
        Owner = batch % 4 == 0 ? string.Create(CultureInfo.InvariantCulture, $"owner{batch % 10}") : null,
        Tags = batch % 20 == 3 ? ["rare"] : null,
        MaxAttempts = 1,
    };

    private static string Text(int number) => number % 100_000 == 7 ? "needle" : "hay";

    private static async Task GoOnAsync(JobContext context, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        for (var step = 0; ; step++)
        {
            context.Progress.Report(step, 1_000_000, "going on");
            if (step % 10 == 0)
            {
                WebLog.Step(context.Log, step);
                await context.TraceAsync("step", string.Create(CultureInfo.InvariantCulture, $"item {step}"), "walk", 1, static _ => Task.CompletedTask);
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task<IReadOnlyList<JobRecord>> ListAsync(JobState state)
        => (await Store.ListJobsAsync(new JobFilter { States = [state] }, new PageRequest(LongOnes), CancellationToken.None)).Items;

    [Job("campaign.fill1")]
    private sealed record Fill1(int Number, string Text);

    [Job("campaign.fill2")]
    private sealed record Fill2(int Number, string Text);

    [Job("campaign.go-on", Queue = "long")]
    private sealed record GoOn;

    [Job("campaign.nobodys")]
    private sealed record Nobodys(int Number);

    private sealed class Counter
    {
        private const int FailsEach = 100;
        private long _value;

        public long Value => Volatile.Read(ref _value);

        public long Before { get; set; }

        public Task RunAsync(int number, JobContext context)
        {
            Interlocked.Increment(ref _value);
            return number % FailsEach == 0
                ? throw new InvalidOperationException($"Job {context.Id} of kind {number / FailsEach % 7} failed at '/data/{number}.bin'.")
                : Task.CompletedTask;
        }
    }

    /// <summary>Fifty new jobs a second until it is disposed.</summary>
    private sealed class Steady : IAsyncDisposable
    {
        private const int AtOnce = 10;

        private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Steady(IJobClient jobs) => _running = Task.Run(() => RunAsync(jobs));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }

        private async Task RunAsync(IJobClient jobs)
        {
            using var timer = new PeriodicTimer(Every, TimeProvider.System);
            try
            {
                while (await timer.WaitForNextTickAsync(_stop.Token))
                    await jobs.EnqueueManyAsync(Enumerable.Range(1, AtOnce).Select(static n => new Fill1(n, "steady")));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // It was enough.
            }
        }
    }
}
