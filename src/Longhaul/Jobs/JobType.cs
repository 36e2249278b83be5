using System.Text.Json.Serialization.Metadata;
using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>What <see cref="JobAttribute"/> says of a payload type, checked.</summary>
internal sealed class JobType
{
    public required Type Type { get; init; }

    public required string Name { get; init; }

    public required int Version { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required string? Queue { get; init; }

    public required byte Priority { get; init; }

    /// <summary>What the attribute says beyond the defaults; null when nothing.</summary>
    public required JobPolicy? Policy { get; init; }

    public required DescriptionTemplate? Description { get; init; }

    public required bool LongRunning { get; init; }

    public required JsonTypeInfo Json { get; init; }

    /// <summary>JSON names of members marked with <see cref="SecretAttribute"/>, anywhere in the payload.</summary>
    public required IReadOnlySet<string> Secrets { get; init; }
}
