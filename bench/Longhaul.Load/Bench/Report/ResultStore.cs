using System.Text.Encodings.Web;
using System.Text.Json;

namespace Longhaul.Load.Bench.Report;

/// <summary>The files of <c>bench/results</c>: the figures as JSON, and a page and a chart made from them.</summary>
internal static class ResultStore
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions OneLine = new(Format) { WriteIndented = false };

    private static string Folder => Path.Combine(Repository.Root ?? Environment.CurrentDirectory, "bench", "results");

    public static Results Read(string store)
    {
        var path = Path.Combine(Folder, $"{store}.json");
        if (!File.Exists(path))
            return new Results(store, []);
        using var file = File.OpenRead(path);
        return JsonSerializer.Deserialize<Stored>(file, Format) is { } stored ? new Results(stored.Store, stored.Cases) : new Results(store, []);
    }

    public static void Write(Results results)
    {
        Directory.CreateDirectory(Folder);
        Put($"{results.Store}.json", Json(results) + "\n");
        Put($"{results.Store}.md", Markdown.Page(results));
        Put($"{results.Store}.svg", BarChart.Of(results));
    }

    public static string Json(Results results, bool indented = true)
        => JsonSerializer.Serialize(new Stored(results.Store, Payloads.Size, Acceptance.Judge(results), results.Cases), indented ? Format : OneLine);

    private static void Put(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    private sealed record Stored(string Store, int PayloadBytes, IReadOnlyList<Verdict> Acceptance, IReadOnlyList<Measured> Cases);
}
