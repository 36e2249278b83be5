using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Proof;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign photos</c>: the photo ingest, whose worker is killed while it takes a folder in, again and again, with another standing by.</summary>
internal sealed class PhotosCampaign : IAsyncDisposable
{
    private const string FolderJob = "photos.folder";
    private const string Ingested = "SELECT count(*) FROM photos WHERE state = 'Ingested'";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ResumeMedian = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan ResumeP99 = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Repeated = TimeSpan.FromSeconds(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-photos-");
    private readonly string _program = Environment.GetEnvironmentVariable("LONGHAUL_PHOTOS_PROGRAM")
        ?? throw new InvalidOperationException("LONGHAUL_PHOTOS_PROGRAM must name the photo ingest; ./campaign sets it.");

    private readonly List<Process> _workers = [];

    /// <summary>When the number of files that were taken in was seen to rise, and to what.</summary>
    private readonly List<(long At, int Files)> _walk = [];

    private readonly List<double> _freed = [];
    private readonly List<double> _resumed = [];
    private readonly List<double> _resumedFolder = [];
    private readonly List<double> _repeated = [];
    private readonly List<int> _repeatedItems = [];
    private readonly List<Task> _followed = [];
    private readonly IJobStore _store;
    private long _goneOnAt;

    private PhotosCampaign()
    {
        Directory.CreateDirectory(Root);
        _store = WorkerProgram.StoreOf(Path.Combine(Root, "longhaul.db"));
    }

    private string Root => Path.Combine(_folder.FullName, "out");

    private string Source => Path.Combine(_folder.FullName, "photos");

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var campaign = new PhotosCampaign();
        return await campaign.RunAsync(arguments.Number("photos", 2_000), arguments.Number("kills", 20));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            worker.Kill();
            await worker.WaitForExitAsync();
            worker.Dispose();
        }

        await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<CampaignOutcome> RunAsync(int photos, int kills)
    {
        await PhotoMaker.MakeAsync(Source, photos);
        await _store.OpenAsync(migrate: true, CancellationToken.None);
        StartWorker();
        StartWorker();
        var job = await EnqueueAsync();

        var killed = await KillOverFolderAsync(job, photos, kills / 2);
        killed += await KillOverPhotosAsync(photos, kills - killed);

        await Task.WhenAll(_followed);
        var ended = await EndAsync(job, photos);
        return Outcome(photos, killed, kills, ended, await LookAsync(), await PoisonScene.RunAsync());
    }

    private void StartWorker()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
        start.ArgumentList.Add(_program);
        start.ArgumentList.Add("demo-worker");
        start.Environment["Photos__Root"] = Root;
        start.Environment["LONGHAUL_STORE"] = $"sqlite:{Path.Combine(Root, "longhaul.db")}";
        start.Environment["Logging__LogLevel__Default"] = "None";
        _workers.Add(Process.Start(start) ?? throw new InvalidOperationException("The photo ingest did not start."));
    }

    private async Task<JobId> EnqueueAsync()
    {
        var id = await _store.TakeIdsAsync(1, null, CancellationToken.None);
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { folder = Source, confirm = true }, JobJson.Options);
        await _store.EnqueueAsync([new NewJob { Id = id, Nonce = 1, Name = FolderJob, Queue = "ingest", Payload = payload }], null, CancellationToken.None);
        return id;
    }

    /// <summary>Waits until so many files are taken in while a worker is at it. False: the folder's job has ended.</summary>
    private async Task<bool> WalkedAsync(JobId job, double items)
    {
        var state = JobState.Pending;
        await Until.TrueAsync(
            async () =>
            {
                var walked = await NoteWalkAsync();
                state = (await _store.GetJobAsync(job, CancellationToken.None))!.State;
                return state is JobState.Completed or JobState.Failed || (walked >= items && state == JobState.Running);
            },
            Patience,
            $"{items:0} files to be taken in");
        return state == JobState.Running;
    }

    /// <summary>Kills the worker that takes the folder in, so many times, spread over the files. How often: it may be through before.</summary>
    private async Task<int> KillOverFolderAsync(JobId job, int photos, int kills)
    {
        for (var kill = 1; kill <= kills; kill++)
        {
            bool there;
            while ((there = await WalkedAsync(job, photos * (kill - 0.5) / kills)) && !await KillAsync(job))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // it changed hands this very moment
            if (!there)
                return kill - 1;
        }

        return kills;
    }

    /// <summary>Kills a worker that is at photos, so many times, spread over those that are to come to the library.</summary>
    private async Task<int> KillOverPhotosAsync(int photos, int kills)
    {
        var done = await CountAsync(Ingested);
        var step = (photos - done) / (kills + 1);
        for (var kill = 1; kill <= kills; kill++)
        {
            var mark = done + (kill * step);
            await Until.TrueAsync(async () => await CountAsync(Ingested) >= mark, TimeSpan.FromMinutes(10), $"{mark} photos in the library");
            while (!await KillAsync(null))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return kills;
    }

    /// <summary>Kills a worker, starts another in its place, and waits until the folder, or one of the jobs that it left behind, is gone on with.</summary>
    /// <param name="folder">Whoever has this job; null: whoever runs anything.</param>
    /// <returns>False: nobody had it.</returns>
    private async Task<bool> KillAsync(JobId? folder)
    {
        var workers = (await _store.ListWorkersAsync(CancellationToken.None)).Where(w => _workers.Exists(p => p.Id == w.Worker.ProcessId));
        var session = folder is { } job ? (await _store.GetJobAsync(job, CancellationToken.None))!.Session : null;
        var victim = folder is null ? workers.MaxBy(static w => w.Running) : workers.FirstOrDefault(w => w.Worker.Session == session);
        if (victim is null or { Running: 0 } || _workers.Find(w => w.Id == victim.Worker.ProcessId) is not { } process)
            return false;

        process.Kill();
        var killed = MonotonicClock.Nanoseconds;
        await process.WaitForExitAsync();
        _workers.Remove(process);
        process.Dispose();

        // Others notice a second later at the earliest: what the store says of that worker's runs is what it left behind.
        var left = new Dictionary<JobId, int>();
        foreach (var run in await _store.RunsOfAsync(victim.Worker.Session, CancellationToken.None))
        {
            if (await _store.GetJobAsync(run.Key.Job, CancellationToken.None) is { } record && record.Session == victim.Worker.Session)
                left[record.Id] = record.RunNumber;
        }

        if (folder is { } walking)
            await NoteRepeatedAsync(walking, killed);
        var following = left.ToDictionary(static run => run.Key, run => FollowAsync(run.Key, run.Value, killed));
        _followed.AddRange(following.Values);
        if (folder is { } own)
        {
            if (following.TryGetValue(own, out var again) && await again is { } took)
                _resumedFolder.Add(took);
        }
        else if (following.Count > 0)
        {
            await Task.WhenAny(following.Values);
        }

        _goneOnAt = MonotonicClock.Nanoseconds; // from here on it can repeat
        StartWorker();
        return true;
    }

    /// <summary>Waits until a job that lost its worker is free for others, then until it runs again, and notes how long that took; null: it had ended before.</summary>
    private async Task<double?> FollowAsync(JobId job, int run, long killed)
    {
        double? took = null;
        var free = false;
        await Until.TrueAsync(
            async () =>
            {
                if (await _store.GetJobAsync(job, CancellationToken.None) is not { } now)
                    return true;
                var since = MonotonicClock.Milliseconds(MonotonicClock.Nanoseconds - killed);
                if (!free && (now.RunNumber > run || now.State != JobState.Running))
                {
                    free = true;
                    Note(_freed, since);
                }

                if (now.RunNumber > run)
                    took = since;
                return took is not null || now.State is not (JobState.Running or JobState.Pending);
            },
            Patience,
            $"job {job} to run again");
        if (took is { } milliseconds)
            Note(_resumed, milliseconds);
        return took;
    }

    private static void Note(List<double> times, double milliseconds)
    {
        lock (times)
            times.Add(milliseconds);
    }

    private async Task<int> NoteWalkAsync()
    {
        var files = await CountAsync("SELECT count(*) FROM files");
        if (_walk.Count == 0 || files > _walk[^1].Files)
            _walk.Add((MonotonicClock.Nanoseconds, files));
        return files;
    }

    /// <summary>What lies between the place that was saved last and the kill is repeated: so many items, and the first of them was taken in so long before.</summary>
    private async Task NoteRepeatedAsync(JobId job, long killed)
    {
        var files = await NoteWalkAsync();
        var saved = await _store.GetCheckpointAsync(job, null, CancellationToken.None) is { } body ? EngineCheckpoint.CursorOf(body) ?? 0 : 0;
        var first = _walk.Find(w => w.Files > saved);
        _repeatedItems.Add(Math.Max(0, files - (int)saved));
        _repeated.Add(first.At == 0 || first.At > killed ? 0 : MonotonicClock.Milliseconds(killed - Math.Max(first.At, _goneOnAt)));
    }

    private async Task<JobRecord> EndAsync(JobId job, int photos)
    {
        await Until.TrueAsync(
            async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                var queues = await _store.ListQueuesAsync(CancellationToken.None);
                CrashCampaign.Tell($"{await CountAsync("SELECT count(*) FROM images")} of {photos} photos");
                return queues.Sum(static q => q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs) == 0;
            },
            TimeSpan.FromMinutes(30),
            "the last photo");
        return (await _store.GetJobAsync(job, CancellationToken.None))!;
    }

    private async Task<Library> LookAsync() => new(
        await CountAsync("SELECT count(*) FROM images"),
        await CountAsync("SELECT count(DISTINCT content_hash) FROM images"),
        await CountAsync("SELECT count(*) FROM photos WHERE state <> 'Ingested'"),
        Files("library"),
        Files("previews"),
        Files("thumbnails"));

    private int Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories).Count();

    private async Task<int> CountAsync(string sql)
    {
        var path = Path.Combine(Root, "photos.db");
        if (!File.Exists(path))
            return 0;
        await using var connection = new SqliteConnection($"Data Source={path};Mode=ReadWrite;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        try
        {
            return Convert.ToInt32(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == 1)
        {
            return 0; // the application has not made its tables yet
        }
    }

    private CampaignOutcome Outcome(int photos, int killed, int kills, JobRecord job, Library library, PoisonScene.Result poison)
    {
        var (freed, resumed, folder, repeated) = (_freed.Order().ToList(), _resumed.Order().ToList(), _resumedFolder.Order().ToList(), _repeated.Order().ToList());
        var broken = new List<string>();
        void Must(bool holds, string otherwise)
        {
            if (!holds)
                broken.Add(otherwise);
        }

        Must(library.Images == photos, $"{library.Images} of {photos} photos are in the library");
        Must(library.Distinct == library.Images, $"{library.Images - library.Distinct} photos are there twice");
        Must(library.Open == 0, $"{library.Open} photos did not come to the library");
        Must(library.Originals == photos, $"{library.Originals} originals in their places instead of {photos}");
        Must(library.Previews == photos && library.Thumbnails == photos, $"{library.Previews} previews and {library.Thumbnails} thumbnails instead of {photos}");
        Must(job.State == JobState.Completed, $"the folder's job is {job.State}: {job.Error?.Message}");
        Must(job.FailedAttempts == 0, $"the folder's job counts {job.FailedAttempts} attempts");
        Must(job.RunNumber > _repeated.Count, $"the folder's job had {job.RunNumber} runs for {_repeated.Count} kills");
        // Others that were lost are free as soon, but some wait their turn behind what is ahead of them: when they ran is told, and no gate.
        foreach (var (times, what) in ((List<double>, string)[])[(folder, "the folder's job ran again"), (freed, "a lost job was free again")])
        {
            Must(!(CrashCampaign.At(times, 0.5) > ResumeMedian.TotalMilliseconds), $"half of the times until {what} were over {CrashCampaign.At(times, 0.5)} ms");
            Must(!(CrashCampaign.At(times, 0.99) > ResumeP99.TotalMilliseconds), $"it took up to {CrashCampaign.At(times, 0.99)} ms until {what} (99th percentile of {times.Count})");
        }

        Must(!(CrashCampaign.At(repeated, 1) > Repeated.TotalMilliseconds), $"a kill made the folder's job repeat {CrashCampaign.At(repeated, 1)} ms of its items");
        return new CampaignOutcome
        {
            What = $"An ingest of {photos} generated photos. A worker is killed {killed} times, {_repeated.Count} of them while it takes the folder in and the rest while it is at the photos, with another standing by and a new one started each time; default settings. After that, workers that a supervisor starts again are killed by one of their jobs.",
            Broken = [.. broken, .. poison.Broken],
            Unknown = [.. Unknown()],
            Figures = new JsonObject
            {
                ["photos"] = photos,
                ["kills"] = killed,
                ["inLibrary"] = library.Images,
                ["twice"] = library.Images - library.Distinct,
                ["gaps"] = photos - library.Images,
                ["runsOfFolderJob"] = job.RunNumber,
                ["freeMs"] = Times(freed, "p99", 0.99),
                ["resumeMs"] = Times(folder, "p99", 0.99),
                ["resumeMsOfAllRuns"] = Times(resumed, "p99", 0.99),
                ["lostRunsFollowed"] = resumed.Count,
                ["repeatedMs"] = Times(repeated, "max", 1),
                ["repeatedItems"] = Times([.. _repeatedItems.Select(static i => (double)i).Order()], "max", 1),
                ["poisonRuns"] = poison.Runs,
                ["poisonNeighbours"] = poison.Neighbours,
                ["poisonNeighboursCompleted"] = poison.Completed,
            },
        };

        IEnumerable<string> Unknown()
        {
            if (killed < kills)
                yield return $"the ingest was through after {killed} kills of {kills}";
            if (folder.Count < _repeated.Count)
                yield return $"the folder's job was seen to go on after {folder.Count} kills of {_repeated.Count}";
            if (_repeatedItems.Sum() == 0)
                yield return "no kill made the folder's job repeat anything";
        }
    }

    private static JsonObject Times(List<double> sorted, string top, double share) => new() { ["p50"] = CrashCampaign.At(sorted, 0.5), [top] = CrashCampaign.At(sorted, share) };

    private sealed record Library(int Images, int Distinct, int Open, int Originals, int Previews, int Thumbnails);
}

/// <summary>Makes photos: a few by vips, and the rest of them with a comment of their own, so that no two have the same content.</summary>
internal static class PhotoMaker
{
    private const int Kinds = 20;

    public static async Task MakeAsync(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        var kinds = new List<byte[]>();
        for (var kind = 0; kind < Math.Min(Kinds, count); kind++)
        {
            var file = Path.Combine(folder, "kind.jpg");
            using var vips = Process.Start(new ProcessStartInfo("vips", ["gaussnoise", file, $"{240 + (8 * kind)}", $"{160 + (4 * kind)}", "--mean", $"{60 + (6 * kind)}", "--seed", $"{kind}"]))!;
            await vips.WaitForExitAsync();
            kinds.Add(await File.ReadAllBytesAsync(file));
            File.Delete(file);
        }

        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{i / 100:00}/photo-{i:00000}.jpg");
            Directory.CreateDirectory(Path.Combine(folder, Path.GetDirectoryName(name)!));
            await File.WriteAllBytesAsync(Path.Combine(folder, name), WithComment(kinds[i % kinds.Count], $"photo {i}"));
        }
    }

    /// <summary>The same picture with a comment segment behind its start.</summary>
    private static byte[] WithComment(byte[] jpeg, string comment)
    {
        var text = System.Text.Encoding.ASCII.GetBytes(comment);
        var length = text.Length + 2;
        return [.. jpeg.AsSpan(0, 2), 0xFF, 0xFE, (byte)(length >> 8), (byte)length, .. text, .. jpeg.AsSpan(2)];
    }
}
