using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Longhaul.Proof;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign model</c>: generated sequences that no earlier run has seen, on the model and the stores.</summary>
internal static class ModelCampaign
{
    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        await using var server = arguments.Store == CampaignArguments.Postgres ? await ModelServer.StartAsync() : null;
        var sequences = arguments.Number("sequences", 2_000);
        var seed = arguments.Seed ?? Random.Shared.Next(1, int.MaxValue);
        var (done, steps) = (0, 0L);
        var broken = new List<string>();
        try
        {
            Check.One(ModelSequences.Config(sequences, (ulong)seed), Prop.ForAll(ModelSequences.Arbitrary, sequence =>
            {
                if (server is null)
                    ModelSequences.Compare(sequence);
                else
                    ModelSequences.Compare(sequence, server);
                steps += sequence.Length;
                if (++done % 100 == 0)
                    CrashCampaign.Tell($"{done} of {sequences} sequences");
            }));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            broken.Add($"seed {seed}: {WithoutStack(e.Message)}");
        }

        return new CampaignOutcome
        {
            What = $"{sequences} generated sequences of store operations, run in step on {(server is null ? "the memory store, the SQLite store" : "PostgreSQL")} and a pure model of the contract; answers and everything visible are compared after each step.",
            Broken = broken,
            Figures = new JsonObject { ["sequences"] = done, ["steps"] = steps, ["seed"] = seed, ["differences"] = broken.Count },
        };
    }

    /// <summary>FsCheck tells the stack too, with the paths of this machine: not for a report.</summary>
    private static string WithoutStack(string message) => string.Join('\n', message.Split('\n').Where(static line => !line.StartsWith("   at ", StringComparison.Ordinal)));
}
