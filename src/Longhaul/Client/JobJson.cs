using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Longhaul;

/// <summary>The one way in which payloads, results and states become JSON and come back.</summary>
internal static class JobJson
{
    /// <summary>Web defaults: camel case written, any case read. Letters of all scripts stay readable; what HTML could take for markup is escaped.</summary>
    public static readonly JsonSerializerOptions Options = Make(strict: false);

    /// <summary>As <see cref="Options"/>, but what the constructor asks for must be there, and not null where that is not allowed: for payloads typed by people.</summary>
    public static readonly JsonSerializerOptions Strict = Make(strict: true);

    private static JsonSerializerOptions Make(bool strict)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            WriteIndented = false,
            Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
            RespectNullableAnnotations = strict,
            RespectRequiredConstructorParameters = strict,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
