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

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ResumeMedian = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan ResumeP99 = TimeSpan.FromSeconds(4);

    /// <summary>The flush interval of 2 s, and the flush itself.</summary>
    private static readonly TimeSpan Repeated = TimeSpan.FromSeconds(2.2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-photos-");
    private readonly string _program = Environment.GetEnvironmentVariable("LONGHAUL_PHOTOS_PROGRAM")
        ?? throw new InvalidOperationException("LONGHAUL_PHOTOS_PROGRAM must name the photo ingest; ./campaign sets it.");

    private readonly List<Process> _workers = [];
    private (long At, double Items) _saved;
    private readonly List<double> _resumed = [];
    private readonly List<double> _repeated = [];
    private readonly IJobStore _store;

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

        var killed = 0;
        for (var kill = 1; kill <= kills; kill++)
        {
            if (!await WalkedAsync(job, photos * (kill - 0.5) / kills))
                break; // it is through already
            await KillAsync(job);
            killed++;
        }

        var job_ = await EndAsync(job, photos);
        return Outcome(photos, killed, kills, job_, await LookAsync());
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
        // As the sample does: what could crash there runs in processes apart, so a worker that died says little about the folder.
        await _store.EnqueueAsync([new NewJob { Id = id, Nonce = 1, Name = FolderJob, Queue = "ingest", Payload = payload, Policy = new JobPolicy { MaxLostRuns = 100 } }], null, CancellationToken.None);
        return id;
    }

    /// <summary>Waits until so many files are taken in while a worker is at it. False: the folder's job has ended.</summary>
    private async Task<bool> WalkedAsync(JobId job, double items)
    {
        var state = JobState.Pending;
        await Until.TrueAsync(
            async () =>
            {
                var walked = await CountAsync("SELECT count(*) FROM files");
                await NoteSavedAsync(job);
                state = (await _store.GetJobAsync(job, CancellationToken.None))!.State;
                return state is JobState.Completed or JobState.Failed || (walked >= items && state == JobState.Running);
            },
            Patience,
            $"{items:0} files to be taken in");
        return state == JobState.Running;
    }

    /// <summary>Kills the worker that has the folder, starts another in its place, and waits until all that it had is run again.</summary>
    private async Task KillAsync(JobId job)
    {
        var workers = await _store.ListWorkersAsync(CancellationToken.None);
        var session = (await _store.GetJobAsync(job, CancellationToken.None))!.Session;
        if (workers.FirstOrDefault(w => w.Worker.Session == session) is not { } victim || _workers.Find(w => w.Id == victim.Worker.ProcessId) is not { } process)
            return; // it changed hands this very moment
        var runs = await _store.RunsOfAsync(victim.Worker.Session, CancellationToken.None);
        var numbers = new Dictionary<JobId, int>();
        foreach (var run in runs)
        {
            if (await _store.GetJobAsync(run.Key.Job, CancellationToken.None) is { } record)
                numbers[record.Id] = record.RunNumber;
        }

        await NoteSavedAsync(job);
        process.Kill();
        var killed = MonotonicClock.Nanoseconds;
        await process.WaitForExitAsync();
        _workers.Remove(process);
        process.Dispose();

        _repeated.Add(MonotonicClock.Milliseconds(Math.Max(0, killed - _saved.At)));
        await Until.TrueAsync(
            async () =>
            {
                foreach (var (id, number) in numbers.ToArray())
                {
                    if (await _store.GetJobAsync(id, CancellationToken.None) is { } now && now.RunNumber == number && now.State is JobState.Running or JobState.Pending)
                        continue;
                    _resumed.Add(MonotonicClock.Milliseconds(MonotonicClock.Nanoseconds - killed));
                    numbers.Remove(id);
                }

                return !numbers.ContainsKey(job);
            },
            Patience,
            "another worker to go on with the folder");
        _saved.At = MonotonicClock.Nanoseconds; // from here on it can repeat
        StartWorker();
    }

    /// <summary>Notes when the place in the folder was saved last: what was done since then is what a kill makes it repeat.</summary>
    private async Task NoteSavedAsync(JobId job)
    {
        var items = await _store.GetCheckpointAsync(job, null, CancellationToken.None) is { } body ? EngineCheckpoint.CursorOf(body) ?? 0 : 0;
        if (_saved.At == 0 || items != _saved.Items)
            _saved = (MonotonicClock.Nanoseconds, items);
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

    private CampaignOutcome Outcome(int photos, int killed, int kills, JobRecord job, Library library)
    {
        var (resumed, repeated) = (_resumed.Order().ToList(), _repeated.Order().ToList());
        var (median, p99) = (CrashCampaign.At(resumed, 0.5), CrashCampaign.At(resumed, 0.99));
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
        Must(!(median > ResumeMedian.TotalMilliseconds), $"half of the resumed runs took over {median} ms");
        Must(!(p99 > ResumeP99.TotalMilliseconds), $"a resumed run took {p99} ms");
        Must(!(CrashCampaign.At(repeated, 1) > Repeated.TotalMilliseconds), $"a kill made the folder's job repeat {CrashCampaign.At(repeated, 1)} ms of its items");
        return new CampaignOutcome
        {
            What = $"An ingest of {photos} generated photos. The worker that takes the folder in is killed {killed} times, spread over the folder, with another standing by and a new one started each time; default settings.",
            Broken = broken,
            Unknown = killed < kills ? [$"the folder was through after {killed} kills of {kills}"] : [],
            Figures = new JsonObject
            {
                ["photos"] = photos,
                ["kills"] = killed,
                ["inLibrary"] = library.Images,
                ["twice"] = library.Images - library.Distinct,
                ["gaps"] = photos - library.Images,
                ["runsOfFolderJob"] = job.RunNumber,
                ["resumeMs"] = new JsonObject { ["p50"] = median, ["p99"] = p99 },
                ["repeatedMs"] = new JsonObject { ["p50"] = CrashCampaign.At(repeated, 0.5), ["max"] = CrashCampaign.At(repeated, 1) },
            },
        };
    }

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
