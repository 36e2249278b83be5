using System.Text.Json;
using System.Text.Unicode;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>Checks payloads that come as JSON with a job name: typed by a person, or from another program.</summary>
internal sealed class JsonPush(JobMaker maker, JobRegistry registry)
{
    /// <exception cref="ArgumentException">The name, the JSON or an option does not hold.</exception>
    public JobTemplate TemplateFor(string name, ReadOnlySpan<byte> payload, EnqueueOptions? options)
    {
        if (!JobLimits.IsName(name))
            throw new ArgumentException($"A job name must be {JobTypeReader.NameRule}, but was {Quoted.Text(name)}.", nameof(name));
        JobMaker.CheckSize(name, payload.Length);
        CheckJson(name, payload);
        if (registry.Find(name) is not { } definition)
            return maker.TemplateFor(name, options);

        CheckFits(definition.Type, payload);
        return maker.TemplateFor(definition.Type, options);
    }

    private static void CheckJson(string name, ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            throw new ArgumentException($"The payload of job \"{name}\" must be JSON, but is empty. Give {{}} where the job needs no data.", nameof(payload));
        if (!Utf8.IsValid(payload))
            throw new ArgumentException($"The payload of job \"{name}\" must be JSON in UTF-8, but is in another encoding.", nameof(payload));
        var reader = new Utf8JsonReader(payload);
        try
        {
            while (reader.Read())
            {
                // Reading checks; nothing is kept.
            }
        }
        catch (JsonException e)
        {
            throw Invalid(name, e);
        }
    }

    // Without the reader's own exception: it quotes what it took for a wrong word.
    private static ArgumentException Invalid(string name, JsonException error)
        => new($"The payload of job \"{name}\" must be valid JSON, but is not at line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}.");

    private static void CheckFits(JobType type, ReadOnlySpan<byte> payload)
    {
        var strict = JobJson.Strict.GetTypeInfo(type.Type);
        string reason;
        try
        {
            if (JsonSerializer.Deserialize(payload, strict) is not null)
                return;
            reason = "is null";
        }
        catch (JsonException e)
        {
            reason = PayloadErrors.Describe(e, strict);
        }
        catch (Exception e)
        {
            // The payload's own constructor or converter; its message may quote the content.
            reason = $"{type.Type} threw {e.GetType()}";
        }

        throw new ArgumentException($"The payload of job \"{type.Name}\" must fit {type.Type}, but {reason}.", nameof(payload));
    }
}
