using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Rows of several kinds as one JSON text, each with the number of the update that it is of: what only some updates have.</summary>
internal sealed class JsonRows
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _text = new();
    private bool _isEnded;

    public void Add(int of, TraceRecord trace)
    {
        using var json = Begin("t", of);
        json.WriteNumber("at", Moments.From(trace.At));
        json.WriteString("ms", trace.Milliseconds.ToString("R", CultureInfo.InvariantCulture));
        json.WriteNumber("ord", trace.Order);
        json.WriteBoolean("success", trace.Success);
        json.WriteString("type", trace.Type.Cleaned());
        json.WriteString("subject", trace.Subject.Cleaned());
        Write(json, "method", trace.Method.Cleaned());
        Write(json, "reason", trace.Reason.Cleaned());
        if (!trace.ResultInfo.IsEmpty)
            json.WriteString("info", trace.ResultInfo.Span);
        json.WriteEndObject();
    }

    public void Add(int of, ItemFailureRecord failure)
    {
        var error = failure.Error.Cleaned();
        using var json = Begin("i", of);
        json.WriteNumber("at", Moments.From(failure.At));
        json.WriteNumber("tries", failure.Tries);
        json.WriteString("l", failure.Item.Loop);
        json.WriteString("cursor", failure.Item.Cursor);
        Write(json, "after", failure.After);
        json.WriteString("error_type", error.Type);
        json.WriteString("error_message", error.Message);
        Write(json, "error_detail", error.Detail);
        Write(json, "label", failure.Label.Cleaned());
        json.WriteEndObject();
    }

    public void Add(int of, ItemKey mended)
    {
        using var json = Begin("m", of);
        json.WriteString("l", mended.Loop);
        json.WriteString("cursor", mended.Cursor);
        json.WriteEndObject();
    }

    public void Add(int of, NewJob child, int lane)
    {
        using var json = Begin("c", of);
        json.WriteNumber("id", child.Id.Value);
        json.WriteNumber("nonce", child.Nonce);
        json.WriteNumber("lane", lane);
        json.WriteString("name", child.Name);
        json.WriteNumber("priority", child.Priority);
        json.WriteNumber("version", child.PayloadVersion);
        json.WriteNumber("delay", Moments.From(child.Delay));
        Write(json, "run_at", child.RunAt is { } at ? Moments.From(at) : null);
        json.WriteString("payload", child.Payload.Span);
        Write(json, "owner", child.Owner);
        if (JobPolicy.ToJson(child.Policy) is { } policy)
            json.WriteString("policy", policy);
        if (child.Tags.Count > 0)
        {
            json.WriteStartArray("tags");
            foreach (var tag in child.Tags)
                json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        Write(json, "description", child.Description.Cleaned(JobLimits.DescriptionLength));
        Write(json, "key", child.Unique?.Key);
        Write(json, "scope", (long?)child.Unique?.Scope);
        Write(json, "span", child.Unique is { } unique ? Moments.From(unique.Window) : null);
        Write(json, "continue_from", child.ContinueFrom?.Value);
        Write(json, "enqueued_by", child.EnqueuedBy?.Value);
        Write(json, "trace", child.TraceParent);
        json.WriteEndObject();
    }

    /// <summary>The text, or null where there are no rows. It may be asked for again, for a call that is repeated; nothing is added then.</summary>
    public object? End()
    {
        if (_text.WrittenCount == 0)
            return null;
        if (!_isEnded)
            _text.Write("]"u8);
        _isEnded = true;
        return _text.WrittenMemory;
    }

    private Utf8JsonWriter Begin(string kind, int of)
    {
        _text.Write(_text.WrittenCount == 0 ? "["u8 : ","u8);
        var json = new Utf8JsonWriter(_text, Plain);
        json.WriteStartObject();
        json.WriteString("k", kind);
        json.WriteNumber("of", of);
        return json;
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void Write(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }
}
