using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using StorageMigration.Commands;

namespace StorageMigration.Web;

/// <summary>Reads what a caller wants to run. A bare <c>fetch</c> sends its JSON as <c>text/plain</c> or says nothing of it: that is taken, too.</summary>
internal static class CommandRequestReader
{
    private const int MostBytes = 64 << 10;
    private const int LongestValue = 4096;

    private static readonly string[] Known = ["command", "args", "dryRun", "stream"];

    /// <exception cref="RefusedException">It has another form.</exception>
    public static async Task<CommandRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!HttpMethods.IsPost(request.Method))
            throw RefusedException.BadRequest($"A command must be sent by POST with a JSON body such as {{\"command\":\"{CommandBook.Migrate}\"}}, but came by {request.Method}.");
        if (!IsJson(request.ContentType))
            throw RefusedException.BadRequest("The body must be JSON (application/json, or without a type), but is said to be something else.");
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostBytes;
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false }, cancellationToken);
            return Read(body.RootElement);
        }
        catch (JsonException)
        {
            throw RefusedException.BadRequest($"The body must be a JSON object such as {{\"command\":\"{CommandBook.Migrate}\"}}, but cannot be read as one.");
        }
    }

    private static bool IsJson(string? type)
    {
        if (string.IsNullOrEmpty(type))
            return true;
        return MediaTypeHeaderValue.TryParse(type, out var media)
            && (media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || media.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase));
    }

    private static CommandRequest Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw RefusedException.BadRequest($"The body must be a JSON object, but is {Kind(body)}.");
        foreach (var property in body.EnumerateObject())
        {
            // A dry run that is spelled otherwise would be a real one.
            if (!Known.Contains(property.Name, StringComparer.Ordinal))
                throw RefusedException.BadRequest($"The body may have {string.Join(", ", Known)}, but has '{Shown(property.Name)}'.");
        }

        if (!body.TryGetProperty("command", out var command) || command.ValueKind != JsonValueKind.String || command.GetString() is not { Length: > 0 } name)
            throw RefusedException.BadRequest("The body must name a command, but does not.");
        var arguments = body.TryGetProperty("args", out var args) ? Arguments(args) : [];
        var dryRun = Flag(body, "dryRun");
        if (arguments.Remove(CommandArguments.DryRunName, out var among))
        {
            // Whoever says it twice, and not the same, has asked for a dry run at least once.
            dryRun |= among switch { "1" or "true" => true, "0" or "false" => false, _ => throw RefusedException.BadRequest($"dryRun must be true or false, but was '{Shown(among)}'.") };
        }

        return new CommandRequest(name, arguments, dryRun, Flag(body, "stream"));
    }

    private static Dictionary<string, string> Arguments(JsonElement args)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        if (args.ValueKind == JsonValueKind.Null || (args.ValueKind == JsonValueKind.Array && args.GetArrayLength() == 0))
            return arguments; // an empty list is what some languages make of an object without properties
        if (args.ValueKind != JsonValueKind.Object)
            throw RefusedException.BadRequest($"args must be an object of names and values, but is {Kind(args)}.");
        foreach (var property in args.EnumerateObject())
        {
            if (Value(property) is not { } value)
                continue;
            if (value.Length > LongestValue)
                throw RefusedException.BadRequest($"The argument {Shown(property.Name)} may have {LongestValue:N0} characters, but has {value.Length:N0}.");
            arguments.Add(property.Name, value);
        }

        return arguments;
    }

    private static string? Value(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString(),
        JsonValueKind.Number => property.Value.GetRawText(),
        JsonValueKind.True => "1",
        JsonValueKind.False => "0",
        JsonValueKind.Null => null,
        _ => throw RefusedException.BadRequest($"The argument {Shown(property.Name)} must be a text, a number, true or false, but is {Kind(property.Value)}."),
    };

    private static bool Flag(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw RefusedException.BadRequest($"{name} must be true or false, but is {Kind(value)}.");
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static string Shown(string text) => text.Length > 100 ? text[..100] + "…" : text;
}
