using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longhaul.Cli.Output;

/// <summary>How the command line writes JSON: camel case, enums in small letters, nothing that could steer a terminal.</summary>
internal static class CliJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new IdConverter() },
    };

    private sealed class IdConverter : JsonConverter<JobId>
    {
        public override JobId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, JobId value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
    }
}
