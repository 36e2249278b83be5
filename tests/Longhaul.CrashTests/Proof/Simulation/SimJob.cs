using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longhaul.Proof;

/// <summary>What the simulated handler does: so many items, of which each takes two steps.</summary>
/// <param name="Order">What the producer wanted, once.</param>
/// <param name="Items">How many items.</param>
/// <param name="Errors">So many attempts end in an error.</param>
/// <param name="Stubborn">So many steps it goes on after it was told to stop.</param>
/// <param name="Hook">Whether its handler has a <c>FailedAsync</c>.</param>
internal sealed record SimJob(long Order, int Items, int Errors, int Stubborn, bool Hook)
{
    public const string Name = "sim.job";

    public static SimJob Of(ReadOnlyMemory<byte> payload) => JsonSerializer.Deserialize(payload.Span, SimJson.Default.SimJob)!;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SimJson.Default.SimJob);

    /// <summary>The checkpoint of a simulated job is its cursor.</summary>
    public static double? CursorOf(ReadOnlyMemory<byte> checkpoint) => JsonSerializer.Deserialize(checkpoint.Span, SimJson.Default.Int32);

    public static byte[] Checkpoint(int cursor) => JsonSerializer.SerializeToUtf8Bytes(cursor, SimJson.Default.Int32);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SimJob))]
[JsonSerializable(typeof(int))]
internal sealed partial class SimJson : JsonSerializerContext;
