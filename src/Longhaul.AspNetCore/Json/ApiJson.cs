using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longhaul.AspNetCore.Json;

/// <summary>How the API writes and reads JSON, whatever the application has set for its own.</summary>
internal static class ApiJson
{
    /// <summary>For answers and events.</summary>
    public static readonly JsonSerializerOptions Options = Make(strict: false);

    /// <summary>For requests: nothing unknown, nothing twice, no number as text.</summary>
    public static readonly JsonSerializerOptions Strict = Make(strict: true);

    private static JsonSerializerOptions Make(bool strict)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new UtcConverter() },
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = strict ? JsonNumberHandling.Strict : JsonNumberHandling.AllowNamedFloatingPointLiterals,
        };
        if (strict)
        {
            options.PropertyNameCaseInsensitive = false;
            options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            options.AllowDuplicateProperties = false;
        }

        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>Moments in UTC, whatever offset a worker's clock has.</summary>
    private sealed class UtcConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
    }
}
