using System.Text.Json;

namespace StorageMigration.Web;

/// <summary>What a command said last of how far it is, by its JSON lines (see <see cref="Commands.CommandOutput"/>).</summary>
internal sealed record CommandReport(string? Phase, long? Done, long? Total)
{
    private static readonly CommandReport Nothing = new(null, null, null);

    /// <param name="lines">Oldest first.</param>
    public static CommandReport Last(IEnumerable<string> lines)
    {
        var last = Nothing;
        foreach (var line in lines)
        {
            if (!line.StartsWith('{') || !line.EndsWith('}') || Read(line) is not { } report)
                continue;
            // Counts belong to the phase in which they were said.
            var isSamePhase = report.Phase is null || report.Phase == last.Phase;
            last = new CommandReport(report.Phase ?? last.Phase, report.Done ?? (isSamePhase ? last.Done : 0), report.Total ?? (isSamePhase ? last.Total : null));
        }

        return last;
    }

    private static CommandReport? Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var said = document.RootElement;
            var report = new CommandReport(Text(said, "phase"), Number(said, "done"), Number(said, "total"));
            return report == Nothing ? null : report;
        }
        catch (JsonException)
        {
            return null; // a line that only looks like it
        }
    }

    private static string? Text(JsonElement said, string name) => said.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement said, string name)
        => said.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : null;
}
