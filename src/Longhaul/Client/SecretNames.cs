using System.Collections.Concurrent;
using System.Collections.Frozen;
using Longhaul.Jobs;

namespace Longhaul.Client;

/// <summary>Which members of a payload are secret: by <see cref="SecretAttribute"/>, and by a part of their name.</summary>
internal sealed class SecretNames(IEnumerable<string> parts)
{
    /// <summary>So many names are remembered; programs have few, but a dictionary's keys are names too.</summary>
    private const int Remembered = 4_096;

    private readonly FrozenSet<string> _parts = parts.Select(Bare).Where(static p => p.Length > 0).ToFrozenSet(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Whether a member of a name is secret in payloads of the type (null: of an unknown type).</summary>
    public Func<string, bool> For(JobType? type) => name => IsSecret(name, type);

    public bool IsSecret(string name, JobType? type) => type?.Secrets.Contains(name) == true || HasSecretPart(name);

    private bool HasSecretPart(string name)
    {
        if (_known.TryGetValue(name, out var known))
            return known;
        var bare = Bare(name);
        var secret = false;
        foreach (var part in _parts)
            secret |= bare.Contains(part, StringComparison.Ordinal);
        if (_known.Count < Remembered)
            _known.TryAdd(name, secret);
        return secret;
    }

    // api_key, api-key, apiKey and ApiKey are one name.
    private static string Bare(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
