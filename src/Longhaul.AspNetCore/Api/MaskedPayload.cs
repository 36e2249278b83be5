using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.AspNetCore.Problems;

namespace Longhaul.AspNetCore.Api;

/// <summary>
/// Puts secrets back into a payload that somebody edited without seeing them: where the original's masked form has <c>"***"</c> and the edited
/// one still has, the original's value is taken. Elsewhere nothing is: an edited payload cannot fetch a secret to another place.
/// </summary>
internal static class MaskedPayload
{
    private const string Mask = "***";

    public static ReadOnlyMemory<byte> Restore(ReadOnlyMemory<byte> edited, ReadOnlyMemory<byte> original, byte[] masked)
    {
        if (edited.Span.IndexOf("\"***\""u8) < 0)
            return edited;
        try
        {
            var result = JsonNode.Parse(edited.Span);
            Restore(result, JsonNode.Parse(original.Span), JsonNode.Parse(masked));
            return JsonSerializer.SerializeToUtf8Bytes(result, JobJson.Options);
        }
        catch (JsonException)
        {
            throw ApiProblem.Invalid("payload", "The original's payload must be JSON of a usual depth for its secrets to be taken over, but is not. Write the secrets out.");
        }
    }

    private static void Restore(JsonNode? edited, JsonNode? original, JsonNode? masked)
    {
        switch (edited)
        {
            case JsonObject members when original is JsonObject from && masked is JsonObject hidden:
                foreach (var (name, value) in members.ToArray())
                {
                    if (IsMask(value) && hidden.TryGetPropertyValue(name, out var mask) && IsMask(mask))
                        members[name] = from[name]?.DeepClone();
                    else
                        Restore(value, from[name], hidden[name]);
                }

                break;
            case JsonArray items when original is JsonArray from && masked is JsonArray hidden:
                if (items.Count != from.Count && edited.ToJsonString().Contains("\"***\"", StringComparison.Ordinal))
                    throw ApiProblem.Invalid("payload", "A list that holds masked secrets must keep its length, but does not: nobody could tell which is which. Write the secrets out.");
                for (var i = 0; i < items.Count && i < from.Count; i++)
                    Restore(items[i], from[i], hidden[i]);
                break;
        }
    }

    private static bool IsMask(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text == Mask;
}
