using System.Globalization;
using System.Text.Json;
using Longhaul.Proof;
using Longhaul.Storage;

namespace Longhaul.Load.Campaigns;

/// <summary>A program that says a gigabyte: how much memory its worker takes meanwhile.</summary>
internal static class FloodScene
{
    private const long Bytes = 1L << 30;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <returns>The most that it had before and during the output in bytes, and the seconds that it took.</returns>
    public static async Task<(long Before, long During, double Seconds)> RunAsync(string folder)
    {
        var path = Path.Combine(folder, "flood.db");
        using var recorder = new FileRecorder(Path.Combine(folder, "flood.history"), "flood");
        await using var store = WorkerProgram.StoreOf(path);
        await store.OpenAsync(migrate: true, CancellationToken.None);
        await using var worker = ChildProcess.Start(recorder, "flood", ProgramWorker.Verb, new WorkerSettings { Name = "flood", Store = path, Folder = folder, Concurrency = 1 }.ToJson());

        await RunAsync(store, 10 << 20, static () => { }); // warm, and with a full log
        var before = Resident(worker.Id);
        var began = TimeProvider.System.GetTimestamp();
        var during = 0L;
        await RunAsync(store, Bytes, () => during = Math.Max(during, Resident(worker.Id)));
        return (before, during, TimeProvider.System.GetElapsedTime(began).TotalSeconds);
    }

    private static async Task RunAsync(IJobStore store, long bytes, Action look)
    {
        var id = await store.TakeIdsAsync(1, null, CancellationToken.None);
        var arguments = new Dictionary<string, string> { ["bytes"] = bytes.ToString(CultureInfo.InvariantCulture) };
        var payload = JsonSerializer.SerializeToUtf8Bytes(new RunProcess(ProgramWorker.FloodCommand, arguments), JobJson.Options);
        await store.EnqueueAsync([new NewJob { Id = id, Nonce = 1, Name = "process.run", Queue = "default", Payload = payload }], null, CancellationToken.None);
        var began = TimeProvider.System.GetTimestamp();
        while ((await store.GetJobAsync(id, CancellationToken.None))!.State is not JobState.Completed)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"A program that says {bytes} bytes must end within {Patience}.");
            look();
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private static long Resident(int pid)
        => long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
