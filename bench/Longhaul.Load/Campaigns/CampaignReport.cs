using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Load.Bench;

namespace Longhaul.Load.Campaigns;

/// <summary>Keeps the last result of each campaign in <c>bench/results/campaigns</c>: for people and for programs, with commit and size of the machine.</summary>
internal static class CampaignReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(CampaignArguments arguments, CampaignOutcome outcome)
    {
        if (!outcome.Finished || Repository.Root is not { } root)
            return;
        var folder = Directory.CreateDirectory(Path.Combine(root, "bench", "results", "campaigns")).FullName;
        var file = Path.Combine(folder, $"{arguments.Name}-{arguments.Store}");
        File.WriteAllText(file + ".json", Json(arguments, outcome) + "\n");
        File.WriteAllText(file + ".md", Markdown(arguments, outcome));
    }

    private static string Json(CampaignArguments arguments, CampaignOutcome outcome)
    {
        var machine = Machine.Here();
        return new JsonObject
        {
            ["campaign"] = arguments.Name,
            ["store"] = arguments.Store,
            ["commit"] = Machine.Commit(),
            ["date"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["machine"] = new JsonObject { ["cores"] = machine.Cores, ["memoryGiB"] = machine.MemoryGiB, ["system"] = machine.System, ["runtime"] = machine.Runtime },
            ["held"] = outcome.Held,
            ["broken"] = new JsonArray([.. outcome.Broken.Select(static b => (JsonNode)b)]),
            ["unknown"] = new JsonArray([.. outcome.Unknown.Select(static u => (JsonNode)u)]),
            ["figures"] = outcome.Figures.DeepClone(),
        }.ToJsonString(Indented);
    }

    private static string Markdown(CampaignArguments arguments, CampaignOutcome outcome)
    {
        var machine = Machine.Here();
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# Campaign `{arguments.Name}` on {arguments.Store}").AppendLine();
        text.AppendLine(outcome.What).AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Commit {Machine.Commit()}, {DateTimeOffset.UtcNow:yyyy-MM-dd}, {machine.Cores} cores, {machine.MemoryGiB} GiB, {machine.System}, {machine.Runtime}.").AppendLine();
        text.AppendLine(outcome.Held ? "**Every promise held.**" : "**Not held:**");
        foreach (var line in outcome.Broken.Select(static b => $"broken: {b}").Concat(outcome.Unknown.Select(static u => $"unknown: {u}")))
            text.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
        text.AppendLine();
        Table(text, [["figure", "value"], .. outcome.Figures.Select(static f => new[] { f.Key, f.Value?.ToJsonString() ?? "" })]);
        foreach (var (title, rows) in outcome.Tables)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {title}").AppendLine();
            Table(text, rows);
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        text.AppendLine($"| {string.Join(" | ", rows[0])} |");
        text.AppendLine($"|{string.Concat(rows[0].Select(static _ => " --- |"))}");
        foreach (var row in rows.Skip(1))
            text.AppendLine($"| {string.Join(" | ", row.Select(static cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |");
        text.AppendLine();
    }
}
