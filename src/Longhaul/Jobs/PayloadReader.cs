using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Longhaul.Jobs;

/// <summary>Makes a payload of its stored JSON. What it says about one that it cannot read never holds the content.</summary>
internal sealed class PayloadReader<TJob>(JobType type, IReadOnlyDictionary<int, Func<JsonObject, JsonObject>> upgraders) where TJob : notnull
{
    private readonly JsonTypeInfo<TJob> _json = (JsonTypeInfo<TJob>)type.Json;

    public object Read(ReadOnlyMemory<byte> payload, int version)
    {
        try
        {
            var job = version == type.Version
                ? JsonSerializer.Deserialize(payload.Span, _json)
                : ReadOlder(payload, version);
            return job ?? throw Unreadable("it is null");
        }
        catch (JsonException e)
        {
            throw Unreadable(PayloadErrors.Describe(e, type.Json));
        }
        catch (Exception e) when (e is not PayloadException)
        {
            // A converter or constructor of the payload itself. Its message may quote the content.
            throw Unreadable($"{typeof(TJob)} threw {e.GetType()} while it was read");
        }
    }

    private TJob? ReadOlder(ReadOnlyMemory<byte> payload, int version)
    {
        if (version > type.Version)
        {
            throw new PayloadException(
                $"The payload of job \"{type.Name}\" has version {version}, but this program reads up to {type.Version}. " +
                "Deploy the newer program to every worker that handles this job, then retry the job.");
        }

        var json = JsonNode.Parse(payload.Span) as JsonObject ?? throw Unreadable($"version {version} is to be upgraded, but it is no JSON object");
        for (var v = version; v < type.Version; v++)
            json = Upgrade(json, v);
        return json.Deserialize(_json);
    }

    private JsonObject Upgrade(JsonObject json, int from)
    {
        if (!upgraders.TryGetValue(from, out var upgrade))
        {
            throw new PayloadException(
                $"The payload of job \"{type.Name}\" must be of version {type.Version} or one with an upgrader, but is of version {from}. " +
                $"Add HandlerOptions.Upgrade({from}, …) to its handler, then retry the job.");
        }

        try
        {
            return upgrade(json) ?? throw Unreadable($"the upgrader from version {from} returned null");
        }
        catch (Exception e) when (e is not PayloadException)
        {
            throw Unreadable($"the upgrader from version {from} threw {e.GetType()}");
        }
    }

    private PayloadException Unreadable(string reason)
        => new($"The payload of job \"{type.Name}\" must be readable as {typeof(TJob)}, but {reason}. Mend the type or add an upgrader, then retry the job.");
}
