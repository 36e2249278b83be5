using System.Buffers;
using System.Text.Json;
using Longhaul.Jobs;

namespace Longhaul.Client;

/// <summary>
/// Makes of a payload what people may see: the values of secret members become <c>"***"</c>, all else is copied byte for byte,
/// so that numbers, spaces and the order stay as they are.
/// </summary>
internal sealed class PayloadMask(SecretNames secrets, JobRegistry registry)
{
    private const int MaxDepth = 512;

    /// <summary>The payload of a job for people.</summary>
    /// <param name="jobName">The job's name: of a type that this program knows, members marked <see cref="SecretAttribute"/> are secret too.</param>
    /// <param name="payload">JSON as UTF-8. What is no JSON is hidden as a whole: nobody can tell what is in it.</param>
    public byte[] Mask(string jobName, ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return [];
        var type = registry.Find(jobName)?.Type;
        var masked = new ArrayBufferWriter<byte>(payload.Length);
        var copied = 0;
        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = MaxDepth });
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !secrets.IsSecret(reader.GetString()!, type))
                    continue;
                reader.Read();
                if (reader.TokenType == JsonTokenType.Null)
                    continue; // that there is none is no secret
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                masked.Write(payload[copied..start]);
                masked.Write("\"***\""u8);
                copied = (int)reader.BytesConsumed;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // no JSON, or no UTF-8 in a name
        {
            return "\"*** (no JSON)\""u8.ToArray();
        }

        masked.Write(payload[copied..]);
        return masked.WrittenSpan.ToArray();
    }
}
