using System.Globalization;
using System.Text;
using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>
/// Programs as jobs, whose workers are killed at any moment: no process of a program outlives its worker for long, no two runs of a job have a program at
/// the same time, every job comes to its end and no step of it is left out.
/// </summary>
/// <param name="folder">For the store and what the programs write.</param>
/// <param name="kills">How often a worker is killed.</param>
/// <param name="seed">Of the moments.</param>
internal sealed class ProgramSlice(string folder, int kills, int seed) : IAsyncDisposable
{
    private const int Jobs = 6;
    private const int Steps = 40;
    private const int Sigkill = 9;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Orphaned = TimeSpan.FromSeconds(10);

    private readonly Random _random = new(seed);
    private readonly FileRecorder _recorder = new(Path.Combine(folder, "runner.history"), "runner");
    private readonly IJobStore _store = WorkerProgram.StoreOf(Path.Combine(folder, "jobs.db"));
    private readonly string _queue = $"programs-{Guid.NewGuid():N}";
    private readonly List<ChildProcess> _workers = [];
    private readonly Dictionary<int, string> _marks = [];
    private readonly HashSet<JobId> _active = [];
    private readonly HashSet<JobId> _broken = []; // cancelled, or their program was killed
    private readonly Dictionary<JobId, int> _numbers = [];
    private readonly List<string> _problems = [];
    private readonly List<double> _orphaned = [];
    private int _started;
    private int _completed;
    private int _programKills;
    private int _cancels;
    private int _terminates;

    /// <summary>What it came to.</summary>
    /// <param name="Broken">Promises that were broken.</param>
    /// <param name="Kills">Of workers.</param>
    /// <param name="ProgramKills">Of programs alone.</param>
    /// <param name="Cancels">Of jobs.</param>
    /// <param name="Terminates">Workers that were asked to end.</param>
    /// <param name="Completed">Jobs that came to their end.</param>
    /// <param name="OrphanedMs">How long processes outlived their worker, where it had any.</param>
    public sealed record Result(IReadOnlyList<string> Broken, int Kills, int ProgramKills, int Cancels, int Terminates, int Completed, IReadOnlyList<double> OrphanedMs);

    public async Task<Result> RunAsync(Action<int>? progress = null)
    {
        await _store.OpenAsync(migrate: true, CancellationToken.None);
        StartWorker();
        StartWorker();
        for (var kill = 1; kill <= kills; kill++)
        {
            await RefillAsync();
            await Until.TrueAsync(() => Programs().Count > 0, Patience, "a program to run");
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(600)), TimeProvider.System);
            await MeddleAsync();
            await KillWorkerAsync();
            progress?.Invoke(kill);
        }

        await Until.TrueAsync(
            async () =>
            {
                await LookAsync();
                return _active.Count == 0;
            },
            Patience,
            "the last jobs to end");
        foreach (var worker in _workers)
            worker.Kill();
        await Until.TrueAsync(() => Programs().Count == 0, Orphaned, "the last processes to end");
        if (File.Exists(Path.Combine(folder, "overlaps")))
            _problems.Add($"a job had two programs at once: {await File.ReadAllTextAsync(Path.Combine(folder, "overlaps"))}");
        return new Result(_problems, kills, _programKills, _cancels, _terminates, _completed, _orphaned);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        foreach (var (pid, _) in Programs())
            ChildProcess.Signal(pid, Sigkill); // found by the queue's name, which only this slice has
        await _store.DisposeAsync();
        _recorder.Dispose();
    }

    private void StartWorker()
    {
        var name = $"programs-{++_started}";
        var settings = new WorkerSettings { Name = name, Store = Path.Combine(folder, "jobs.db"), Folder = folder, Concurrency = 3 };
        _workers.Add(ChildProcess.Start(_recorder, name, ProgramWorker.Verb, settings.ToJson()));
    }

    private async Task RefillAsync()
    {
        await LookAsync();
        while (_active.Count < Jobs)
        {
            var number = _numbers.Count + 1;
            var id = await _store.TakeIdsAsync(1, null, CancellationToken.None);
            var payload = JsonSerializer.SerializeToUtf8Bytes(
                new RunProcess(ProgramWorker.Command, new Dictionary<string, string> { ["number"] = number.ToString(CultureInfo.InvariantCulture) }), JobJson.Options);
            var job = new NewJob { Id = id, Nonce = 1, Name = "process.run", Queue = _queue, Payload = payload, Policy = new JobPolicy { MaxAttempts = 1, MaxLostRuns = 1_000_000 } };
            await _store.EnqueueAsync([job], null, CancellationToken.None);
            _numbers.Add(id, number);
            _active.Add(id);
        }
    }

    /// <summary>Takes out what has ended, and looks whether it ended as it should.</summary>
    private async Task LookAsync()
    {
        foreach (var id in _active.ToArray())
        {
            if (await _store.GetJobAsync(id, CancellationToken.None) is not { State: JobState.Completed or JobState.Failed or JobState.Cancelled } job)
                continue;
            _active.Remove(id);
            if (job.State == JobState.Completed)
                CheckSteps(id);
            else if (!_broken.Contains(id))
                _problems.Add($"job {id} must complete, but is {job.State}: {job.Error?.Message}");
        }
    }

    private void CheckSteps(JobId id)
    {
        _completed++;
        var done = File.ReadAllLines(Path.Combine(folder, $"steps.{_numbers[id]}")).Select(static line => int.Parse(line, CultureInfo.InvariantCulture)).ToHashSet();
        var missing = Enumerable.Range(1, Steps).Where(step => !done.Contains(step)).ToArray();
        if (missing.Length > 0)
            _problems.Add($"job {id} must have done every step, but not {string.Join(", ", missing)}");
    }

    /// <summary>Now and then something else happens, too.</summary>
    private async Task MeddleAsync()
    {
        switch (_random.Next(12))
        {
            case 0 when _active.Count > 0:
                var job = _active.ElementAt(_random.Next(_active.Count));
                _broken.Add(job);
                await _store.ActAsync(JobAction.Cancel, [job], new ActionContext(By: null, "chance"), CancellationToken.None);
                _cancels++;
                break;
            case 1 when Programs() is { Count: > 0 } programs:
                var (pid, id) = programs[_random.Next(programs.Count)];
                _broken.Add(id);
                ChildProcess.Signal(pid, Sigkill);
                _programKills++;
                break;
            case 2:
                var worker = _workers[0];
                _workers.RemoveAt(0);
                worker.Terminate();
                await worker.WaitForExitAsync(Patience);
                _terminates++;
                StartWorker();
                break;
            default:
                break;
        }
    }

    private async Task KillWorkerAsync()
    {
        NoteMarks();
        var victim = _workers[_random.Next(_workers.Count)];
        _workers.Remove(victim);
        NoteMarks();
        victim.Kill();
        var at = TimeProvider.System.GetTimestamp();
        await victim.WaitForExitAsync(Patience);
        StartWorker();
        if (!_marks.TryGetValue(victim.Id, out var mark))
            return; // it had run nothing yet
        await Until.TrueAsync(() => !Processes().Any(process => process.Environment.Contains(mark)), Orphaned, "the programs of a worker that was killed to end");
        _orphaned.Add(TimeProvider.System.GetElapsedTime(at).TotalMilliseconds);
    }

    /// <summary>Learns by which mark each worker's programs are known: it is their parent.</summary>
    private void NoteMarks()
    {
        foreach (var process in Processes())
        {
            if (_workers.Exists(worker => worker.Id == process.Parent) && process.Environment.FirstOrDefault(static v => v.StartsWith("LONGHAUL_WORKER_MARK=", StringComparison.Ordinal)) is { } mark)
                _marks[process.Parent] = mark;
        }
    }

    private List<(int Pid, JobId Job)> Programs()
    {
        var prefix = $"LONGHAUL_JOB={_queue}:";
        return [.. Processes()
            .Select(process => (process.Pid, Job: process.Environment.FirstOrDefault(v => v.StartsWith(prefix, StringComparison.Ordinal))))
            .Where(static one => one.Job is not null)
            .Select(one => (one.Pid, new JobId(long.Parse(one.Job!.Split(':')[1], CultureInfo.InvariantCulture))))];
    }

    /// <summary>All that live and whose environment may be read.</summary>
    private static IEnumerable<(int Pid, int Parent, HashSet<string> Environment)> Processes()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            (int, int, HashSet<string>)? process = null;
            try
            {
                var stat = File.ReadAllText(path + "/stat");
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (fields[0] is not ("Z" or "X"))
                    process = (pid, int.Parse(fields[1], CultureInfo.InvariantCulture), [.. Encoding.UTF8.GetString(File.ReadAllBytes(path + "/environ")).Split('\0')]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is somebody else's.
            }

            if (process is { } one)
                yield return one;
        }
    }
}
