using System.Collections.Frozen;
using Longhaul.Jobs;

namespace Longhaul.Client;

/// <summary>Which members of a payload are secret: by <see cref="SecretAttribute"/>, and by a part of their name.</summary>
internal sealed class SecretNames(IEnumerable<string> parts)
{
    private readonly FrozenSet<string> _parts = parts.Select(Bare).Where(static p => p.Length > 0).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a member of this name is secret in payloads of the type (null: of an unknown type).</summary>
    public Func<string, bool> For(JobType? type) => name => IsSecret(name, type);

    public bool IsSecret(string name, JobType? type)
    {
        if (type?.Secrets.Contains(name) == true)
            return true;
        var bare = Bare(name);
        foreach (var part in _parts)
        {
            if (bare.Contains(part, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    // api_key, api-key, apiKey and ApiKey are one name.
    private static string Bare(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
