using System.Text.Json;
using System.Text.Json.Serialization;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Small records that the file keeps as JSON text: readable in any SQLite shell.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ProgressRecord))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class Json : JsonSerializerContext
{
    public static byte[] Of(ProgressRecord progress)
        => JsonSerializer.SerializeToUtf8Bytes(progress with { Note = progress.Note.Cleaned(JobLimits.NoteLength), Phase = progress.Phase.Cleaned() }, Default.ProgressRecord);

    /// <summary>Null for an empty list.</summary>
    public static string? Of(IReadOnlyList<string>? list)
        => list is null || list.Count == 0 ? null : JsonSerializer.Serialize(list, Default.IReadOnlyListString);

    public static ProgressRecord? Progress(byte[]? json) => json is null ? null : JsonSerializer.Deserialize(json, Default.ProgressRecord);

    public static IReadOnlyList<string> List(string? json) => json is null ? [] : JsonSerializer.Deserialize(json, Default.IReadOnlyListString) ?? [];
}
