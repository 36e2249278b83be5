using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>How a producer process of the proof is set up; given to it as JSON.</summary>
internal sealed record ProducerSettings
{
    public required string Name { get; init; }

    public required string Store { get; init; }

    public required string Folder { get; init; }

    /// <summary>Orders already begun by earlier starts, of which the last may be unanswered.</summary>
    public string[] Earlier { get; init; } = [];

    public int Seed { get; init; }

    /// <summary>Orders from here on.</summary>
    public long First { get; init; }

    /// <summary>Stop before this order.</summary>
    public long Last { get; init; }

    public int PauseMillis { get; init; } = 30;

    public string ToJson() => JsonSerializer.Serialize(this, ProcessJson.Default.ProducerSettings);

    public static ProducerSettings Of(string json) => JsonSerializer.Deserialize(json, ProcessJson.Default.ProducerSettings)!;
}

/// <summary>
/// Enqueues orders one after the other. What an order is depends on its number alone, and so does its nonce; the id is written down before the call.
/// A start after a kill first repeats what the start before had not been told.
/// </summary>
internal static class ProducerProgram
{
    public const string Verb = "produce";

    public static async Task<int> RunAsync(ProducerSettings settings)
    {
        using var recorder = new FileRecorder(Path.Combine(settings.Folder, $"{settings.Name}.history"), settings.Name);
        await using var store = new ObservedStore(WorkerProgram.StoreOf(settings.Store), recorder, EngineCheckpoint.CursorOf);
        await PatientAsync(() => store.OpenAsync(migrate: true, CancellationToken.None));
        var earlier = settings.Earlier.SelectMany(name => HistoryFiles.ReadFile(Path.Combine(settings.Folder, $"{name}.history"))).Where(static e => e.Op == Ops.Enqueue).ToList();
        var answered = earlier.Where(static e => e.Type == EventType.Ok).Select(static e => e.Order!.Value).ToHashSet();
        foreach (var open in earlier.Where(e => e.Type == EventType.Invoke && !answered.Contains(e.Order!.Value)).DistinctBy(static e => e.Order))
            await PatientAsync(() => store.EnqueueAsync([ProofOrders.Job(settings.Seed, open.Order!.Value, new JobId(open.Job!.Value))], null, CancellationToken.None));

        var next = earlier.Count == 0 ? settings.First : earlier.Max(static e => e.Order!.Value) + 1;
        while (next < settings.Last)
        {
            var count = (int)Math.Min(1 + (next % 3), settings.Last - next);
            var id = new JobId(0);
            await PatientAsync(async () => id = await store.TakeIdsAsync(count, null, CancellationToken.None));
            var first = next;
            var jobs = Enumerable.Range(0, count).Select(i => ProofOrders.Job(settings.Seed, first + i, new JobId(id.Value + i))).ToList();
            await PatientAsync(() => store.EnqueueAsync(jobs, null, CancellationToken.None));
            next += count;
            await Task.Delay(TimeSpan.FromMilliseconds(settings.PauseMillis), TimeProvider.System);
        }

        return 0;
    }

    /// <summary>Until it is answered: what is repeated has the same ids and nonces.</summary>
    private static async Task PatientAsync(Func<Task> call)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (StoreException e) when (e.IsTransient)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }
}

/// <summary>What an order is: by its number and the seed alone.</summary>
internal static class ProofOrders
{
    public static NewJob Job(int seed, long order, JobId id)
    {
        var random = new Random(seed + (int)(order * 7_919)); // not HashCode: it differs from process to process
        var (name, payload) = Payload(order, random);
        return new NewJob
        {
            Id = id,
            Nonce = order + 1,
            Name = name,
            Queue = random.Next(4) == 0 ? "low" : "default",
            Payload = payload,
            Delay = random.Next(6) == 0 ? TimeSpan.FromMilliseconds(random.Next(100, 3_000)) : TimeSpan.Zero,
            // Killed again and again by the campaign itself: that must not count as poison.
            Policy = new JobPolicy { MaxAttempts = 3, RetryDelay = TimeSpan.FromMilliseconds(random.Next(100, 600)), MaxLostRuns = 100 },
            Unique = random.Next(4) == 0 ? new UniqueKey($"key-{random.Next(2)}", random.Next(2) == 0 ? UniqueScope.UntilFinished : UniqueScope.UntilStarted) : null,
        };
    }

    private static (string Name, byte[] Payload) Payload(long order, Random random) => random.Next(100) switch
    {
        < 55 => ("proof.short", Json(new ShortJob(order, random.Next(1, 120), random.Next(8) == 0 ? random.Next(1, 4) : 0))),
        < 75 => ("proof.long", Json(new LongJob(order, random.Next(30, 200), random.Next(5, 40), random.Next(1, 4), random.Next(5) == 0 ? 1 : 0))),
        < 80 => ("proof.family", Json(new FamilyJob(order, random.Next(5, 40), 20))),
        < 94 => ("proof.stubborn", Json(new StubbornJob(order, random.Next(1_000, 5_000), random.Next(0, 1_500)))),
        _ => ("proof.fail", Json(new FailJob(order))),
    };

    private static byte[] Json<T>(T job) => JsonSerializer.SerializeToUtf8Bytes(job, JobJson.Options);
}
