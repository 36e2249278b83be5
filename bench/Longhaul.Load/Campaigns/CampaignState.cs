using System.Text.Json;
using Longhaul.Load.Bench;

namespace Longhaul.Load.Campaigns;

/// <summary>What is left of earlier calls of a campaign that did not come to its end: its seed and its slices.</summary>
internal sealed record CampaignState<TSlice>(string Commit, int Seed, int Size, List<TSlice> Slices)
{
    /// <summary>The state of a campaign that was begun with the same sources, size and seed; else a new one.</summary>
    public static CampaignState<TSlice> Load(CampaignArguments arguments, int size)
    {
        var commit = Machine.Commit();
        try
        {
            if (JsonSerializer.Deserialize<CampaignState<TSlice>>(File.ReadAllText(FileOf(arguments))) is { } state
                && state.Commit == commit && state.Size == size && (arguments.Seed ?? state.Seed) == state.Seed)
            {
                return state;
            }
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // None, or of an older program.
        }

        return new(commit, arguments.Seed ?? Random.Shared.Next(1, 1_000_000), size, []);
    }

    public void Save(CampaignArguments arguments)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FileOf(arguments))!);
        File.WriteAllText(FileOf(arguments), JsonSerializer.Serialize(this));
    }

    public static void Forget(CampaignArguments arguments) => File.Delete(FileOf(arguments));

    private static string FileOf(CampaignArguments arguments)
        => Path.Combine(Path.GetTempPath(), "longhaul-campaigns", $"{arguments.Name}-{arguments.Store}.json");
}
