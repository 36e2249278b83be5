using System.Text.Json;
using Longhaul.Servers;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Proof;

/// <summary>A folder with a store and the histories of the processes around it; the runner's own eyes and hands are here.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly List<ChildProcess> _children = [];
    private readonly Dictionary<string, HistoryTail> _tails = [];
    private readonly List<HistoryEvent> _seen = [];
    private readonly FileRecorder _recorder;
    private int _started;
    private long _order;

    private Stage(DirectoryInfo folder, PostgresServer? server)
    {
        Folder = folder.FullName;
        Server = server;
        StorePath = server?.ConnectionString() ?? Path.Combine(Folder, "jobs.db");
        _recorder = new FileRecorder(Path.Combine(Folder, "runner.history"), "runner");
        Store = new ObservedStore(WorkerProgram.StoreOf(StorePath), _recorder, EngineCheckpoint.CursorOf);
    }

    public string Folder { get; }

    /// <summary>The SQLite file, or the PostgreSQL database.</summary>
    public string StorePath { get; }

    /// <summary>The server that the store is on; null: it is a file.</summary>
    public PostgresServer? Server { get; }

    public Recorder Recorder => _recorder;

    /// <summary>The runner's own way to the store, watched as any other.</summary>
    public ObservedStore Store { get; }

    /// <summary>Set when what happened is to be looked into: the folder stays.</summary>
    public bool KeepFolder { get; set; }

    /// <param name="server">Where the store is to be, in a database that is still empty; null: in a file. It stays the caller's.</param>
    public static async Task<Stage> OpenAsync(PostgresServer? server = null)
    {
        var stage = new Stage(Directory.CreateTempSubdirectory("longhaul-proof-"), server);
        await stage.Store.OpenAsync(migrate: true, CancellationToken.None);
        return stage;
    }

    /// <param name="change">Its settings.</param>
    /// <param name="fault">Where it is to die.</param>
    /// <param name="kind">The first part of its name.</param>
    /// <param name="through">What starts it in its stead: <c>unshare</c> with its options.</param>
    public ChildProcess StartWorker(Func<WorkerSettings, WorkerSettings>? change = null, string? fault = null, string kind = "worker", IReadOnlyList<string>? through = null)
    {
        var name = $"{kind}-{Interlocked.Increment(ref _started)}";
        var settings = new WorkerSettings { Name = name, Store = PathFor(name), Folder = Folder };
        return Add(ChildProcess.Start(_recorder, name, WorkerProgram.Verb, (change is null ? settings : change(settings)).ToJson(), fault, through));
    }

    /// <summary>Starts the program with arguments of the caller's.</summary>
    public ChildProcess Start(string name, IEnumerable<string> arguments, params (string Name, string Value)[] variables)
        => Add(ChildProcess.Start(_recorder, name, arguments, variables));

    public ChildProcess StartProducer(Func<ProducerSettings, ProducerSettings> change, string? fault = null)
    {
        var name = $"producer-{Interlocked.Increment(ref _started)}";
        return Add(ChildProcess.Start(_recorder, name, ProducerProgram.Verb, change(new ProducerSettings { Name = name, Store = PathFor(name), Folder = Folder }).ToJson(), fault));
    }

    /// <summary>On a server, its sessions say whose they are.</summary>
    private string PathFor(string process) => Server is null ? StorePath : $"{StorePath};Application Name={process}";

    /// <summary>Starts a worker and waits until its session is open.</summary>
    public async Task<ChildProcess> StartReadyWorkerAsync(Func<WorkerSettings, WorkerSettings>? change = null, string? fault = null)
    {
        var worker = StartWorker(change, fault);
        await UntilReadyAsync(worker);
        return worker;
    }

    /// <summary>Waits until the worker's session is open, or it has ended.</summary>
    public Task UntilReadyAsync(ChildProcess worker)
        => UntilAsync(events => worker.HasExited || events.Exists(e => e is { Op: Ops.Open, Type: EventType.Ok } && e.Proc == worker.Name), TimeSpan.FromMinutes(1), $"{worker.Name} to open its session");

    /// <summary>Whether nobody holds the write lock for long.</summary>
    public async Task<bool> CanWriteAsync()
    {
        if (Server is not null)
            return true; // a call is one statement there: the server ends it, whatever became of the caller
        await using var other = await OpenConnectionAsync();
        try
        {
            // One statement at a time: behind one that answers a row, the driver passes over the errors of those that follow.
            await ExecuteAsync(other, "PRAGMA busy_timeout = 1000");
            await ExecuteAsync(other, "BEGIN IMMEDIATE");
            await ExecuteAsync(other, "ROLLBACK");
            return true;
        }
        catch (SqliteException e) when (e.SqliteErrorCode == 5)
        {
            return false;
        }
    }

    /// <summary>A connection of another program to the store's file.</summary>
    public async Task<SqliteConnection> OpenConnectionAsync()
    {
        var connection = new SqliteConnection($"Data Source={StorePath};Pooling=False;Default Timeout=1");
        await connection.OpenAsync();
        return connection;
    }

    public static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Enqueues one job with the next order as its number.</summary>
    public async Task<JobId> EnqueueAsync<T>(Func<long, T> payload, Func<NewJob, NewJob>? change = null)
    {
        var order = ++_order;
        var json = JsonSerializer.SerializeToUtf8Bytes(payload(order), JobJson.Options);
        var name = typeof(T).GetCustomAttributes(typeof(JobAttribute), false).Cast<JobAttribute>().Single().Name;
        var job = new NewJob
        {
            Id = await Store.TakeIdsAsync(1, null, CancellationToken.None),
            Nonce = order,
            Name = name,
            Queue = JobDefaults.Queue,
            Payload = json,
        };
        var answer = (await Store.EnqueueAsync([change is null ? job : change(job)], null, CancellationToken.None))[0];
        return answer.Id;
    }

    /// <summary>All events so far, of all processes, each in its own order.</summary>
    public List<HistoryEvent> Events()
    {
        lock (_tails)
        {
            foreach (var file in Directory.EnumerateFiles(Folder, HistoryFiles.Pattern))
            {
                if (!_tails.TryGetValue(file, out var tail))
                    _tails[file] = tail = new HistoryTail(file);
                _seen.AddRange(tail.ReadOn());
            }

            return [.. _seen];
        }
    }

    /// <summary>Waits until the events so far say so.</summary>
    public Task UntilAsync(Predicate<List<HistoryEvent>> condition, TimeSpan limit, string what) => Until.TrueAsync(() => condition(Events()), limit, what);

    /// <summary>Waits until a handler of a job has begun (for the n-th time).</summary>
    public Task UntilBegunAsync(JobId job, int times = 1)
        => UntilAsync(events => events.Count(e => e.Op == Ops.Begin && e.Job == job.Value) >= times, TimeSpan.FromSeconds(30), $"run {times} of job {job} to begin");

    public async Task<JobRecord> UntilEndedAsync(JobId job, TimeSpan? limit = null)
    {
        JobRecord? seen = null;
        await Until.TrueAsync(
            async () =>
            {
                seen = await Store.GetJobAsync(job, CancellationToken.None);
                return seen is { State: JobState.Completed or JobState.Failed or JobState.Cancelled };
            },
            limit ?? TimeSpan.FromSeconds(30),
            $"the end of job {job}");
        return seen!;
    }

    /// <summary>Waits until nothing is left to do, resuming what was paused, and says in the history whether it came to that.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        _recorder.Note(new HistoryEvent { Op = Ops.Healed });
        string? error = null;
        try
        {
            await Until.TrueAsync(IsDrainedAsync, limit, "the last job to end");
        }
        catch (TimeoutException e)
        {
            error = e.Message;
        }

        _recorder.Note(new HistoryEvent { Op = Ops.Drained, Err = error });
    }

    /// <summary>Reads the store out and gives the whole history.</summary>
    public async Task<History> FinishAsync()
    {
        await StoreDump.RecordAsync(Store, _recorder, CancellationToken.None);
        return new History(HistoryFiles.Read(Folder));
    }

    public async Task StopAllAsync(TimeSpan limit)
    {
        foreach (var child in _children.Where(static c => !c.HasExited))
            child.Terminate();
        foreach (var child in _children.ToArray())
            await child.WaitForExitAsync(limit);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children.ToArray())
            await child.DisposeAsync();
        await Store.DisposeAsync();
        _recorder.Dispose();
        if (!KeepFolder)
            Directory.Delete(Folder, recursive: true);
    }

    private ChildProcess Add(ChildProcess child)
    {
        lock (_children)
            _children.Add(child);
        return child;
    }

    private async Task<bool> IsDrainedAsync()
    {
        var left = await Store.ListQueuesAsync(CancellationToken.None);
        if (left.Any(static q => q.PausedJobs > 0))
        {
            var paused = await Store.ListJobsAsync(new JobFilter { States = [JobState.Paused] }, new PageRequest(100), CancellationToken.None);
            await Store.ActAsync(JobAction.Resume, [.. paused.Items.Select(static j => j.Id)], new ActionContext("runner"), CancellationToken.None);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(90), TimeProvider.System);
        return left.All(static q => q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs == 0);
    }
}
