using FsCheck.Fluent;
using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>Generated sequences of operations do the same to every store as to the model of one. A difference is shrunk to the few steps that show it.</summary>
[Trait("Part", "conformance")]
public sealed class ModelTests(ITestOutputHelper output)
{
    private static readonly int Sequences = int.Parse(Environment.GetEnvironmentVariable("LONGHAUL_SEQUENCES") ?? "500");

    private static readonly ulong Seed = ulong.Parse(Environment.GetEnvironmentVariable("LONGHAUL_SEED") ?? "20260115");

    [Fact]
    public void Stores_without_a_server_do_as_the_model_says() => Check(Sequences, ModelSequences.Compare);

    [Fact, Trait("Store", "postgres")]
    public async Task PostgreSQL_does_as_the_model_says()
    {
        await using var server = await ModelServer.StartAsync();
        Check(Sequences / 10, sequence => ModelSequences.Compare(sequence, server));
    }

    /// <summary>A fixed seed: a red build stays red until it is mended. The campaign draws others.</summary>
    private void Check(int sequences, Action<Step[]> compare)
    {
        var steps = 0L;
        FsCheck.Check.One(ModelSequences.Config(sequences, Seed), Prop.ForAll(ModelSequences.Arbitrary, sequence =>
        {
            steps += sequence.Length;
            compare(sequence);
        }));
        output.WriteLine($"{sequences} sequences, {steps} steps");
    }
}
