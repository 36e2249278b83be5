using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longhaul.Storage;

/// <summary>
/// The rules of one job that differ from the defaults of its handler and of <see cref="JobDefaults"/>.
/// A null property means "not said for this job". A store keeps it as one JSON text beside the job.
/// </summary>
public sealed record JobPolicy
{
    /// <summary>Attempts in all, the first included.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Delay after the first failed attempt; it doubles with each further one.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>The longest delay between attempts.</summary>
    public TimeSpan? MaxRetryDelay { get; init; }

    /// <summary>Share of the delay that is random, 0 to 1.</summary>
    public double? RetryJitter { get; init; }

    /// <summary>Total run time after which the run is an error; null: none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a stopping worker waits for this job.</summary>
    public TimeSpan? ShutdownTimeout { get; init; }

    /// <summary>Without progress for this long the job is shown as stuck.</summary>
    public TimeSpan? StallAfter { get; init; }

    /// <summary>Lost runs in a row, without headway, that are forgiven.</summary>
    public int? MaxLostRuns { get; init; }

    /// <summary>How long the job is kept when completed. Zero: it goes at completion.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>The policy as JSON, or null when it says nothing.</summary>
    public static byte[]? ToJson(JobPolicy? policy)
        => policy is null || policy == Nothing ? null : JsonSerializer.SerializeToUtf8Bytes(policy, PolicyJson.Default.JobPolicy);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static JobPolicy? FromJson(ReadOnlySpan<byte> json)
        => json.IsEmpty ? null : JsonSerializer.Deserialize(json, PolicyJson.Default.JobPolicy);

    private static readonly JobPolicy Nothing = new();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobPolicy))]
internal sealed partial class PolicyJson : JsonSerializerContext;
