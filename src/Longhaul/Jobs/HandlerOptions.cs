using System.Text.Json.Nodes;

namespace Longhaul;

/// <summary>What is particular to one handler.</summary>
public sealed class HandlerOptions
{
    private readonly SortedDictionary<int, Func<JsonObject, JsonObject>> _upgraders = [];

    /// <summary>What becomes of its errors by their type; asked before <see cref="LonghaulOptions.Retry"/>.</summary>
    public RetryRules Retry { get; } = new();

    internal IReadOnlyDictionary<int, Func<JsonObject, JsonObject>> Upgraders => _upgraders;

    /// <summary>
    /// Brings a payload that was enqueued under an older <see cref="JobAttribute.Version"/> up by one version. Upgraders are chained:
    /// with <c>Version = 3</c>, one from 1 and one from 2 are needed for payloads of version 1.
    /// </summary>
    /// <param name="fromVersion">At least 1, below the current version.</param>
    /// <param name="upgrade">Gets the older JSON and returns the newer; it may change and return the same object.</param>
    /// <exception cref="ArgumentException">There is one for that version already.</exception>
    public HandlerOptions Upgrade(int fromVersion, Func<JsonObject, JsonObject> upgrade)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        ArgumentOutOfRangeException.ThrowIfLessThan(fromVersion, 1);
        if (!_upgraders.TryAdd(fromVersion, upgrade))
            throw new ArgumentException($"There must be one upgrader from a version, but version {fromVersion} has two. Remove one.", nameof(fromVersion));
        return this;
    }
}
