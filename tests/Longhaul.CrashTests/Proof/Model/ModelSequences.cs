using FsCheck;
using FsCheck.Fluent;
using Longhaul.Memory;
using Longhaul.Sqlite;

namespace Longhaul.Proof;

/// <summary>Generates sequences, shrinks them, and runs them against the model and the stores.</summary>
internal static class ModelSequences
{
    public static Arbitrary<Step[]> Arbitrary { get; } = Arb.From(
        Gen.Choose(0, int.MaxValue - 1).Select(Step.Of).ArrayOf(), Shrink);

    public static Config Config(int sequences, ulong seed)
        => FsCheck.Config.QuickThrowOnFailure.WithMaxTest(sequences).WithEndSize(60).WithReplay(new Replay(new Rnd(seed, 1), Microsoft.FSharp.Core.FSharpOption<int>.None));

    /// <summary>Runs a sequence on the stores that need no server. Throws at the first difference.</summary>
    public static void Compare(Step[] sequence) => Task.Run(() => CompareAsync(sequence)).GetAwaiter().GetResult();

    /// <summary>Runs a sequence on PostgreSQL. Throws at the first difference.</summary>
    public static void Compare(Step[] sequence, ModelServer server) => Task.Run(() => CompareAsync(sequence, server)).GetAwaiter().GetResult();

    private static async Task CompareAsync(Step[] sequence)
    {
        var clock = new VirtualClock();
        // In memory where the system has such a folder: the disk is not what is tested here.
        var folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"longhaul-model-{Guid.NewGuid():n}"));
        try
        {
            await using var model = new StoreModel(clock);
            await using var memory = await StoreSubject.OpenAsync("memory", clock, () => new MemoryStore(clock));
            await using var sqlite = await StoreSubject.OpenAsync("sqlite", clock, () => new SqliteStore(new SqliteOptions { Path = Path.Combine(folder.FullName, "jobs.db"), Clock = clock, Synchronous = SqliteSynchronous.Normal }));
            await ModelRun.CompareAsync(sequence, clock, [model, memory, sqlite]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task CompareAsync(Step[] sequence, ModelServer server)
    {
        var clock = new VirtualClock();
        return server.UseAsync(clock, async makeStore =>
        {
            await using var model = new StoreModel(clock);
            await using var postgres = await StoreSubject.OpenAsync("postgres", clock, makeStore);
            await ModelRun.CompareAsync(sequence, clock, [model, postgres]);
        });
    }

    /// <summary>Leaves out large parts first, then small ones, then single steps.</summary>
    private static IEnumerable<Step[]> Shrink(Step[] sequence)
    {
        for (var part = sequence.Length / 2; part > 0; part /= 2)
        {
            for (var from = 0; from + part <= sequence.Length; from += part)
                yield return [.. sequence[..from], .. sequence[(from + part)..]];
        }
    }
}
