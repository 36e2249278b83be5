using System.Text.Json;
using System.Text.Json.Serialization;
using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Small records that the store keeps as JSON text: readable in any SQL editor.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ProgressRecord))]
internal sealed partial class Json : JsonSerializerContext
{
    public static byte[] Of(ProgressRecord progress)
        => JsonSerializer.SerializeToUtf8Bytes(progress with { Note = progress.Note.Cleaned(JobLimits.NoteLength), Phase = progress.Phase.Cleaned() }, Default.ProgressRecord);

    public static ProgressRecord? Progress(byte[]? json) => json is null ? null : JsonSerializer.Deserialize(json, Default.ProgressRecord);
}
