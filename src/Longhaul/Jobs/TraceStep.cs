using System.Text.Json;

namespace Longhaul;

/// <summary>A step that is being traced: where its code says more than that it returned or threw.</summary>
public sealed class TraceStep
{
    /// <summary>8 KiB: the most that <see cref="Info"/> may hold as JSON.</summary>
    public const int InfoBytes = 8 << 10;

    internal TraceStep() { }

    internal bool Failed { get; private set; }

    internal string? Reason { get; private set; }

    internal ReadOnlyMemory<byte> InfoJson { get; private set; }

    /// <summary>Small facts about the result, such as its size. They become JSON now.</summary>
    /// <param name="info">At most 8 KiB as JSON.</param>
    /// <exception cref="ArgumentException">It is over 8 KiB, or does not become JSON.</exception>
    public void Info<T>(T info) => InfoJson = ToJson(info);

    /// <summary>Says that the step did not work although its code returns, such as a method that found nothing.</summary>
    /// <param name="reason">Why.</param>
    public void Fail(string reason) => (Failed, Reason) = (true, reason);

    internal static ReadOnlyMemory<byte> ToJson<T>(T info)
    {
        if (info is null)
            return default;
        byte[] json;
        try
        {
            json = JsonSerializer.SerializeToUtf8Bytes(info, JobJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException($"What a trace tells of its result must become JSON, but {typeof(T).Name} does not: {e.Message}", nameof(info), e);
        }

        return json.Length <= InfoBytes
            ? Storable(json)
            : throw new ArgumentException($"What a trace tells of its result may hold at most {InfoBytes} bytes of JSON, but has {json.Length}.", nameof(info));
    }

    /// <summary>No NUL, as in all text that stores keep: what reads JSON in a database refuses it.</summary>
    private static byte[] Storable(byte[] json)
    {
        for (var at = 0; at < json.Length - 5; at++)
        {
            if (json[at] != (byte)'\\')
                continue;
            at++; // what stands behind it begins nothing else
            if (json.AsSpan(at).StartsWith("u0000"u8))
                "ufffd"u8.CopyTo(json.AsSpan(at));
        }

        return json;
    }
}
