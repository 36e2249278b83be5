using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorageMigration.Commands;

/// <summary>Where a command tells how far it is: lines for people, and JSON lines that a process job reads. Used by any number of threads.</summary>
internal sealed class CommandOutput(TextWriter writer)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Lock _gate = new();

    /// <summary>A line for people.</summary>
    public void Line(string text)
    {
        lock (_gate)
        {
            writer.WriteLine(text.ReplaceLineEndings(" "));
            writer.Flush();
        }
    }

    /// <summary>How far it is. The cursor comes back as <c>--cursor</c> when the job runs again.</summary>
    public void Progress(string? phase = null, long? done = null, long? total = null, string? cursor = null, string? note = null)
        => Line(JsonSerializer.Serialize(new Report(phase, done, total, cursor, note), Json));

    private sealed record Report(string? Phase, long? Done, long? Total, string? Cursor, string? Note);
}
