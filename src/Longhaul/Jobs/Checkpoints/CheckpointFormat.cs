using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Longhaul.Jobs;

/// <summary>
/// The checkpoint as JSON: <c>{"longhaul":1,"phases":{"":{"state":…},"copy":{"weight":0.9,"done":true,"result":…,"state":…,"loop":{…}}}}</c>.
/// A loop is <c>{"low":…,"above":[…],"count":n,"failed":n,"ended":true}</c>. Stores do not look inside.
/// </summary>
internal static class CheckpointFormat
{
    public const int Version = 1;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 256 };

    public static byte[] Write(IEnumerable<PhaseRecord> phases, ILoopPosition? loop, long alsoFinished, bool taken)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        writer.WriteNumber("longhaul"u8, Version);
        writer.WriteStartObject("phases"u8);
        foreach (var phase in phases)
        {
            writer.WriteStartObject(phase.Path);
            if (phase.Weight > 0)
                writer.WriteNumber("weight"u8, phase.Weight);
            if (phase.Done)
                writer.WriteBoolean("done"u8, true);
            WriteRaw(writer, "result"u8, phase.Result);
            WriteRaw(writer, "state"u8, phase.State);
            if (phase.Loop is null)
            {
                WriteRaw(writer, "loop"u8, phase.SavedLoop);
            }
            else
            {
                writer.WritePropertyName("loop"u8);
                phase.Loop.Write(writer, phase.Loop == loop ? alsoFinished : -1, taken);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="FailNowException">It is not a checkpoint of this version.</exception>
    public static List<PhaseRecord> Read(JobId job, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Reading);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("longhaul"u8, out var version))
                throw Refuse(job, "it was not written by Longhaul");
            if (version.GetInt32() != Version)
                throw Refuse(job, $"its version is {version.GetInt32()}, this program reads version {Version}");
            return [.. document.RootElement.GetProperty("phases"u8).EnumerateObject().Select(static p => ReadPhase(p.Name, p.Value))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Refuse(job, e.Message, e);
        }
    }

    public static FailNowException Refuse(JobId job, string why, Exception? inner = null) => new(
        $"The checkpoint of job {job} cannot be read: {why}. The job fails rather than begin from zero. Retry it with a program that reads it, or restart it to begin anew.", inner);

    private static PhaseRecord ReadPhase(string path, JsonElement json) => new(path)
    {
        Weight = json.TryGetProperty("weight"u8, out var weight) ? weight.GetDouble() : 0,
        Done = json.TryGetProperty("done"u8, out var done) && done.GetBoolean(),
        Result = ReadRaw(json, "result"u8),
        State = ReadRaw(json, "state"u8),
        SavedLoop = ReadRaw(json, "loop"u8),
    };

    private static byte[]? ReadRaw(JsonElement json, ReadOnlySpan<byte> name)
        => json.TryGetProperty(name, out var value) ? JsonMarshal.GetRawUtf8Value(value).ToArray() : null;

    private static void WriteRaw(Utf8JsonWriter writer, ReadOnlySpan<byte> name, byte[]? json)
    {
        if (json is null)
            return;
        writer.WritePropertyName(name);
        writer.WriteRawValue(json, skipInputValidation: true);
    }
}
