using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Proof;
using Longhaul.Storage;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign soak</c>: steady work of twenty kinds, with failures, delays, cancels, pauses, stops and kills: nothing is lost, and nothing grows.</summary>
internal sealed class SoakCampaign : IAsyncDisposable
{
    private const double RssLimit = 1.2;
    private const double FileLimit = 1.1;

    private static readonly TimeSpan Retention = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-soak-");
    private readonly FileRecorder _recorder;
    private readonly IJobStore _store;
    private readonly HashSet<long> _accepted = [];
    private readonly HashSet<long> _ended = [];
    private readonly Random _random;
    private readonly List<Sample> _samples = [];
    private readonly List<JobId> _recent = [];
    private ChildProcess _steady = null!;
    private ChildProcess _restarted = null!;
    private readonly int[] _endedOfKind = new int[SoakJob.Kinds];
    private int _started;
    private int _cancelled;
    private int _failed;
    private int _pausedJobs;
    private int _pausedQueues;
    private int _stopped;
    private int _killed;

    private SoakCampaign(int seed)
    {
        _random = new Random(seed);
        _recorder = new FileRecorder(Path.Combine(_folder.FullName, "runner.history"), "runner");
        _store = WorkerProgram.StoreOf(StorePath);
    }

    private string StorePath => Path.Combine(_folder.FullName, "jobs.db");

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var soak = new SoakCampaign(arguments.Seed ?? 1);
        return await soak.RunAsync(arguments.Number("jobs", 100_000), arguments.Number("minutes", 10));
    }

    public async ValueTask DisposeAsync()
    {
        await _steady.DisposeAsync();
        await _restarted.DisposeAsync();
        await _store.DisposeAsync();
        _recorder.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<CampaignOutcome> RunAsync(int jobs, int minutes)
    {
        await _store.OpenAsync(migrate: true, CancellationToken.None);
        (_steady, _restarted) = (StartWorker(), StartWorker());
        var began = TimeProvider.System.GetTimestamp();
        TimeSpan Elapsed() => TimeProvider.System.GetElapsedTime(began);
        for (var (order, nextMinute) = (0L, 1); order < jobs || nextMinute <= minutes;)
        {
            var due = Math.Min(jobs, (long)(jobs * (Elapsed() / TimeSpan.FromMinutes(minutes))));
            if (due - order >= 25 || (due == jobs && order < jobs))
                order = await EnqueueAsync(order, (int)Math.Min(500, due - order));
            await OperateAsync();
            if (Elapsed() >= TimeSpan.FromMinutes(nextMinute))
                await EndMinuteAsync(nextMinute++);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        await DrainAsync();
        _samples.Add(await LookAsync(minutes + 1));
        var lost = _accepted.Except(_ended).ToList();
        _steady.Terminate();
        _restarted.Terminate();
        await _steady.WaitForExitAsync(Patience);
        await _restarted.WaitForExitAsync(Patience);
        return Outcome(jobs, minutes, lost);
    }

    private ChildProcess StartWorker()
    {
        var name = $"soak-{++_started}";
        return ChildProcess.Start(_recorder, name, SoakWorker.Verb, new WorkerSettings { Name = name, Store = StorePath, Folder = _folder.FullName, Concurrency = 16 }.ToJson());
    }

    private async Task<long> EnqueueAsync(long order, int count)
    {
        var first = await _store.TakeIdsAsync(count, null, CancellationToken.None);
        var jobs = Enumerable.Range(0, count).Select(i => Job(order + i, new JobId(first.Value + i))).ToList();
        foreach (var (job, answer) in jobs.Zip(await _store.EnqueueAsync(jobs, null, CancellationToken.None)))
        {
            if (answer.Status != EnqueueStatus.Created)
                throw new InvalidOperationException($"Job {job.Id} must be created, but was answered {answer.Status}.");
            _accepted.Add(job.Nonce - 1);
        }

        _recent.Clear();
        _recent.AddRange(jobs.ConvertAll(static j => j.Id));
        return order + count;
    }

    private NewJob Job(long order, JobId id)
    {
        var kind = (int)(order % SoakJob.Kinds);
        return new NewJob
        {
            Id = id,
            Nonce = order + 1,
            Name = SoakJob.NameOf(kind),
            Queue = (order % 3) switch { 0 => "default", 1 => "high", _ => "low" },
            Payload = JsonSerializer.SerializeToUtf8Bytes(new SoakJob(order, kind, kind == 18 ? new string('b', 4_000) : null), JobJson.Options),
            Delay = kind == 19 ? TimeSpan.FromMilliseconds(_random.Next(100, 5_000)) : TimeSpan.Zero,
            Policy = new JobPolicy { Retention = Retention, RetryDelay = TimeSpan.FromMilliseconds(200), MaxLostRuns = 20 },
        };
    }

    /// <summary>Cancels a job now and then, and stops a queue for a moment.</summary>
    private async Task OperateAsync()
    {
        if (_recent.Count > 0 && _random.Next(4) == 0)
        {
            var job = _recent[_random.Next(_recent.Count)];
            var action = _random.Next(3) == 0 ? JobAction.Pause : JobAction.Cancel;
            var answer = (await _store.ActAsync(action, [job], new ActionContext("runner"), CancellationToken.None))[0];
            if (action == JobAction.Pause && answer.Status is ActionStatus.Done or ActionStatus.Ordered)
                _pausedJobs++;
            if (answer.State == JobState.Paused)
                await _store.ActAsync(JobAction.Resume, [job], new ActionContext("runner"), CancellationToken.None);
        }

        if (_random.Next(40) == 0)
        {
            var pause = _random.Next(2) == 0;
            await _store.SetQueuePausedAsync("low", pause, new ActionContext("runner"), CancellationToken.None);
            _pausedQueues += pause ? 1 : 0;
        }
    }

    private async Task EndMinuteAsync(int minute)
    {
        _samples.Add(await LookAsync(minute));
        // One worker is stopped in order and killed by turns; the other stays, and must not grow.
        if (minute % 2 == 0)
        {
            _restarted.Kill();
            _killed++;
        }
        else
        {
            _restarted.Terminate();
            _stopped++;
        }

        await _restarted.WaitForExitAsync(Patience);
        await _restarted.DisposeAsync();
        _restarted = StartWorker();
    }

    private async Task<Sample> LookAsync(int minute)
    {
        await HarvestAsync();
        var queues = await _store.ListQueuesAsync(CancellationToken.None);
        var sample = new Sample(
            minute, _accepted.Count, _ended.Count, queues.Sum(static q => q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs), queues.Sum(static q => q.Completed),
            ResidentMegabytes(_steady.Id), Megabytes(StorePath), Megabytes(StorePath + "-wal"));
        CrashCampaign.Tell(sample.ToString());
        return sample;
    }

    /// <summary>Reads what workers did, and takes failed and cancelled jobs out of the store, where they would stay for weeks.</summary>
    private async Task HarvestAsync()
    {
        foreach (var file in _folder.EnumerateFiles(SoakLedger.Pattern))
        {
            using var reader = new StreamReader(new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            while (await reader.ReadLineAsync() is { Length: > 1 } line)
            {
                if (line[0] == '+' && long.TryParse(line.AsSpan(1), CultureInfo.InvariantCulture, out var order))
                    End(order);
            }
        }

        while (true)
        {
            var page = await _store.ListJobsAsync(new JobFilter { States = [JobState.Failed, JobState.Cancelled] }, new PageRequest(500), CancellationToken.None);
            if (page.Items.Count == 0)
                break;
            foreach (var listed in page.Items)
            {
                if (await _store.GetJobAsync(listed.Id, CancellationToken.None) is not { } job || Payloads.OrderOf(job.Payload.Span) is not { } order)
                    continue;
                End(order);
                _cancelled += job.State == JobState.Cancelled ? 1 : 0;
                _failed += job.State == JobState.Failed ? 1 : 0;
            }

            await _store.ActAsync(JobAction.Delete, [.. page.Items.Select(static j => j.Id)], new ActionContext("runner"), CancellationToken.None);
        }
    }

    private void End(long order)
    {
        if (_ended.Add(order))
            _endedOfKind[order % SoakJob.Kinds]++;
    }

    private async Task DrainAsync()
    {
        await _store.SetQueuePausedAsync("low", false, new ActionContext("runner"), CancellationToken.None);
        await Until.TrueAsync(
            async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                var paused = await _store.ListJobsAsync(new JobFilter { States = [JobState.Paused] }, new PageRequest(500), CancellationToken.None);
                if (paused.Items.Count > 0)
                    await _store.ActAsync(JobAction.Resume, [.. paused.Items.Select(static j => j.Id)], new ActionContext("runner"), CancellationToken.None);
                var queues = await _store.ListQueuesAsync(CancellationToken.None);
                return queues.Sum(static q => q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs) == 0;
            },
            TimeSpan.FromMinutes(5),
            "the last job to end");
    }

    private CampaignOutcome Outcome(int jobs, int minutes, List<long> lost)
    {
        var (second, last) = (_samples[Math.Min(1, _samples.Count - 1)], _samples[^1]);
        var steady = _samples[_samples.Count / 2];
        var broken = new List<string>();
        if (lost.Count > 0)
            broken.Add($"{lost.Count} accepted jobs neither ended nor are in the store, such as order {lost[0]} of kind {lost[0] % SoakJob.Kinds}");
        if (last.ResidentMegabytes > second.ResidentMegabytes * RssLimit)
            broken.Add($"the worker's memory grew from {second.ResidentMegabytes:0} MB at minute {second.Minute} to {last.ResidentMegabytes:0} MB");
        if (last.FileMegabytes > steady.FileMegabytes * FileLimit)
            broken.Add($"the file grew from {steady.FileMegabytes:0.0} MB at minute {steady.Minute} to {last.FileMegabytes:0.0} MB");
        return new CampaignOutcome
        {
            What = $"{jobs} jobs of {SoakJob.Kinds} kinds in {minutes} minutes, with errors, delays, cancels, pauses, and one of two workers stopped or killed each minute; completed jobs stay for {Retention.TotalSeconds:0} s.",
            Broken = broken,
            Unknown = [.. Unknown(jobs, minutes)],
            Figures = new JsonObject
            {
                ["jobs"] = _accepted.Count,
                ["ended"] = _ended.Count,
                ["cancelled"] = _cancelled,
                ["failed"] = _failed,
                ["pausedJobs"] = _pausedJobs,
                ["pausedQueues"] = _pausedQueues,
                ["stoppedWorkers"] = _stopped,
                ["killedWorkers"] = _killed,
                ["lost"] = lost.Count,
                ["rssAtMinute2Mb"] = Math.Round(second.ResidentMegabytes, 1),
                ["rssAtEndMb"] = Math.Round(last.ResidentMegabytes, 1),
                ["fileSteadyMb"] = Math.Round(steady.FileMegabytes, 1),
                ["fileAtEndMb"] = Math.Round(last.FileMegabytes, 1),
            },
            Tables =
            [
                ("Minute by minute", [["minute", "accepted", "ended", "left", "kept", "worker MB", "file MB", "WAL MB"], .. _samples.Select(static s => s.Row())]),
            ],
        };
    }

    /// <summary>What happened too seldom to prove anything.</summary>
    private IEnumerable<string> Unknown(int jobs, int minutes)
    {
        if (_accepted.Count < jobs)
            yield return $"{_accepted.Count} of {jobs} jobs were enqueued";
        if (minutes < 4)
            yield return $"{minutes} minutes are too few to see whether anything grows";
        var idle = _endedOfKind.Index().Where(kind => kind.Item < jobs / SoakJob.Kinds / 2).ToList();
        if (idle.Count > 0)
            yield return $"of {idle.Count} kinds fewer than half of the jobs came to an end, such as {idle[0].Item} of {SoakJob.NameOf(idle[0].Index)}";
        (string What, int Times, int Floor)[] events =
        [
            ("jobs were cancelled", _cancelled, jobs / 1_000), ("jobs failed", _failed, jobs / 50), ("jobs were paused", _pausedJobs, jobs / 5_000),
            ("queues were paused", _pausedQueues, minutes), ("workers were stopped", _stopped, minutes / 2), ("workers were killed", _killed, minutes / 2),
        ];
        foreach (var (what, times, floor) in events.Where(static e => e.Times < e.Floor))
            yield return $"{times} {what}, at least {floor} are needed";
    }

    private static double Megabytes(string file) => File.Exists(file) ? new FileInfo(file).Length / 1e6 : 0;

    private static double ResidentMegabytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(static l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1_000;
    }

    private sealed record Sample(int Minute, int Accepted, int Ended, long Left, long Kept, double ResidentMegabytes, double FileMegabytes, double WalMegabytes)
    {
        public string[] Row() => [.. new[] { Minute, Accepted, Ended, Left, Kept, Math.Round(ResidentMegabytes, 1), Math.Round(FileMegabytes, 1), Math.Round(WalMegabytes, 1) }.Select(static d => d.ToString(CultureInfo.InvariantCulture))];
    }
}
