using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Longhaul.AspNetCore.Json;

namespace Longhaul.AspNetCore.Events;

/// <summary>One server-sent event, ready to be written; shared by all who get it.</summary>
/// <param name="Key">What it is about: a later one with the same key says all that this one does.</param>
/// <param name="Id">The change's number.</param>
/// <param name="Bytes">As it goes over the wire.</param>
internal sealed record EventFrame(string Key, long Id, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Every so often, so that proxies keep the connection and clients see that it lives.</summary>
    public static readonly ReadOnlyMemory<byte> KeepAlive = ": keep-alive\n\n"u8.ToArray();

    /// <summary>How soon a client that lost the stream comes back.</summary>
    public static readonly ReadOnlyMemory<byte> Retry = "retry: 2000\n\n"u8.ToArray();

    public static EventFrame OfData<T>(string name, string key, long id, T data) => Of(name, key, id, JsonSerializer.SerializeToUtf8Bytes(data, ApiJson.Options));

    /// <param name="name">The event.</param>
    /// <param name="key">What it is about.</param>
    /// <param name="id">The change's number.</param>
    /// <param name="json">In one line, as the serialiser writes it.</param>
    public static EventFrame Of(string name, string key, long id, ReadOnlySpan<byte> json)
    {
        var frame = new ArrayBufferWriter<byte>(json.Length + 64);
        frame.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {id}\nevent: {name}\ndata: ")));
        frame.Write(json);
        frame.Write("\n\n"u8);
        return new EventFrame(key, id, frame.WrittenMemory);
    }
}
