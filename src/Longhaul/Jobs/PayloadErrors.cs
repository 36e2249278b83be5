using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Longhaul.Jobs;

/// <summary>Says why JSON does not fit a type without quoting the JSON.</summary>
internal static class PayloadErrors
{
    public static string Describe(JsonException error, JsonTypeInfo type)
    {
        // JsonReaderException is internal; it alone has no path or one that it was given later.
        var place = error.BytePositionInLine is { } at
            ? FormattableString.Invariant($"line {(error.LineNumber ?? 0) + 1}, byte {at + 1}")
            : "an unknown place";
        if (error.GetBaseException().GetType().Name == "JsonReaderException")
            return $"it is no valid JSON at {place}";
        if (type.Kind != JsonTypeInfoKind.Object)
            return $"its JSON does not fit at {place}";
        if (error.Path is null or "$")
            return MissingMembers(error, type) ?? $"its JSON does not fit at {place}";
        return Member(error.Path, type) is { } member
            ? $"its member '{member.Name}' does not fit {Shown(member.PropertyType)} at {place}"
            : $"a member does not fit at {place}";
    }

    // The path may go on into keys of a dictionary, which are content: only the member of the payload itself is told.
    private static JsonPropertyInfo? Member(string path, JsonTypeInfo type)
    {
        var name = path.StartsWith("$.", StringComparison.Ordinal) ? path[2..].Split('.', '[')[0] : "";
        return type.Properties.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private static string? MissingMembers(JsonException error, JsonTypeInfo type)
    {
        var missing = type.Properties.Where(p => p.IsRequired && error.Message.Contains($"'{p.Name}'", StringComparison.Ordinal)).Select(static p => p.Name).ToArray();
        return missing.Length > 0 ? $"it lacks {string.Join(", ", missing)}" : null;
    }

    private static string Shown(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? inner.Name + "?" : type.Name;
}
