using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Load.Campaigns.Web;
using Longhaul.Proof;
using Longhaul.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Load.Campaigns;

/// <summary>
/// <c>./campaign events</c>: a crowd follows one job's live events, and half of it never reads. The host's memory stays bounded, the silent are cut
/// off, and what the job reports reaches the others within a second.
/// </summary>
internal sealed class EventsCampaign : IAsyncDisposable
{
    private const double MostMegabytes = 200;
    private const double MostMilliseconds = 1_000;
    private const double CutShare = 0.99;

    /// <summary>Longer than a host waits for one that does not read, twice.</summary>
    private static readonly TimeSpan Follows = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Reports = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-events-");
    private readonly FileRecorder _recorder;
    private PostgresServer? _server;
    private IHost? _worker;
    private WebHostProcess? _web;

    private EventsCampaign() => _recorder = new FileRecorder(Path.Combine(_folder.FullName, "runner.history"), "runner");

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var campaign = new EventsCampaign();
        return await campaign.RunAsync(arguments.Store, arguments.Number("clients", 1_000));
    }

    public async ValueTask DisposeAsync()
    {
        if (_web is not null)
            await _web.DisposeAsync();
        if (_worker is not null)
        {
            await _worker.StopAsync();
            _worker.Dispose();
        }

        if (_server is not null)
            await _server.DisposeAsync();
        _recorder.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<CampaignOutcome> RunAsync(string store, int clients)
    {
        _server = store == CampaignArguments.Postgres ? await PostgresServer.StartAsync(durable: true) : null;
        var place = _server?.ConnectionString() ?? Path.Combine(_folder.FullName, "jobs.db");
        var walk = new Walk();
        _worker = await StartWorkerAsync(place, walk);
        var job = await _worker.Services.GetRequiredService<IJobClient>().EnqueueAsync(new Walking());
        await walk.Begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
        _web = await WebHostProcess.StartAsync(_recorder, place, smallBuffers: true);
        var path = string.Create(CultureInfo.InvariantCulture, $"/longhaul/api/events?job={job.Id.Value}");

        // What one client needs is there when the others come: code that is compiled, a pump that runs.
        await using (await EventCrowd.OpenAsync(_web.Address, path, 1, 0, static (_, _, _) => { }))
            await Task.Delay(Settles, TimeProvider.System);
        var idle = _web.ResidentMegabytes;
        var cpuBefore = _web.Cpu;
        var most = idle;
        var listeners = Enumerable.Range(0, clients / 2).Select(_ => new Listener(walk)).ToArray();
        await using var crowd = await EventCrowd.OpenAsync(_web.Address, path, clients / 2, clients - (clients / 2), (reader, name, data) => listeners[reader].Heard(name, data));
        var began = Stopwatch.GetTimestamp();
        CrashCampaign.Tell($"{clients} clients have come");
        while (Stopwatch.GetElapsedTime(began) < Follows)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            most = Math.Max(most, _web.ResidentMegabytes);
        }

        var cores = (_web.Cpu - cpuBefore) / Stopwatch.GetElapsedTime(began);
        var late = listeners.SelectMany(static listener => listener.Late).Order().ToList();
        var lost = crowd.Lost;
        var deaf = listeners.Count(static listener => listener.Late.Count == 0);
        return Outcome(clients, idle, most, cores, late, lost, deaf, crowd.CutOff());
    }

    private static CampaignOutcome Outcome(int clients, double idle, double most, double cores, List<double> late, int lost, int deaf, int cut)
    {
        var silent = clients - (clients / 2);
        var broken = new List<string>();
        if (most - idle > MostMegabytes)
            broken.Add($"the host should hold at most {MostMegabytes} MB above idle, but held {most - idle:0} MB");
        if (lost > 0 || deaf > 0)
            broken.Add($"{lost} of those who read lost their stream, {deaf} heard nothing");
        if (late.Count > 0 && At(late, 0.99) > MostMilliseconds)
            broken.Add($"99 of 100 reports should arrive within {MostMilliseconds} ms, but took {At(late, 0.99):0} ms");
        if (cut < silent * CutShare)
            broken.Add($"{silent} never read and should be cut off, but only {cut} were");
        return new CampaignOutcome
        {
            What = $"{clients} clients follow one job that reports its progress ten times a second, for {Follows.TotalSeconds:0} s; half of them never read. " +
                "A report's time runs from the handler's call to its arrival, or that of a later one.",
            Broken = broken,
            Unknown = late.Count < clients * 10 ? [$"only {late.Count} arrivals were seen"] : [],
            Figures = new JsonObject
            {
                ["clients"] = clients,
                ["silent"] = silent,
                ["cutOff"] = cut,
                ["lost"] = lost,
                ["idleMb"] = Math.Round(idle, 1),
                ["mostMb"] = Math.Round(most, 1),
                ["aboveIdleMb"] = Math.Round(most - idle, 1),
                ["arrivals"] = late.Count,
                ["arrivalMs"] = late.Count == 0 ? null : new JsonObject { ["p50"] = Math.Round(At(late, 0.5)), ["p99"] = Math.Round(At(late, 0.99)), ["max"] = Math.Round(late[^1]) },
                ["hostCores"] = Math.Round(cores, 2),
            },
        };
    }

    private static double At(List<double> sorted, double share) => sorted[(int)Math.Min(sorted.Count - 1, share * sorted.Count)];

    private static async Task<IHost> StartWorkerAsync(string place, Walk walk)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddLonghaul(longhaul => longhaul.UseStore(_ => WorkerProgram.StoreOf(place)).AddHandler<Walking>((_, context, token) => walk.GoAsync(context, token)).AddWorker());
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>A job that goes on and on and says so.</summary>
    [Job("campaign.walking")]
    private sealed record Walking;

    /// <summary>When each step was reported.</summary>
    private sealed class Walk
    {
        private readonly long[] _reportedAt = new long[100_000];

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public double MillisecondsSince(int step) => Stopwatch.GetElapsedTime(Volatile.Read(ref _reportedAt[step])).TotalMilliseconds;

        public async Task GoAsync(JobContext context, CancellationToken cancellationToken)
        {
            using var timer = new PeriodicTimer(Reports, TimeProvider.System);
            for (var step = 0; step < _reportedAt.Length; step++)
            {
                Volatile.Write(ref _reportedAt[step], Stopwatch.GetTimestamp());
                context.Progress.Report(step, _reportedAt.Length, "walking on");
                WebLog.Step(context.Log, step);
                Begun.TrySetResult();
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    /// <summary>What one who reads has waited.</summary>
    private sealed class Listener(Walk walk)
    {
        private const string Done = "\"done\":";
        private int _step = -1;

        public List<double> Late { get; } = [];

        public void Heard(string name, string data)
        {
            if (name != "job" || data.IndexOf(Done, StringComparison.Ordinal) is not (>= 0 and var at))
                return;
            var number = data.AsSpan(at + Done.Length);
            var step = int.Parse(number[..number.IndexOfAny(',', '}')], CultureInfo.InvariantCulture);
            // The first that came with this event has waited longest.
            if (_step >= 0 && step > _step)
                Late.Add(walk.MillisecondsSince(_step + 1));
            _step = Math.Max(_step, step);
        }
    }
}
