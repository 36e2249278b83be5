using System.Security.Cryptography;
using System.Text;
using Longhaul.AspNetCore.Sessions;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>The one token that opens the API. Only its hash is kept, and the key of its sessions, which comes from it; it is compared in constant time.</summary>
internal sealed class AccessToken
{
    /// <summary>128 bits in hexadecimal digits, or as much in any other letters.</summary>
    private const int ShortestToken = 22;

    private const string Bearer = "Bearer ";

    private readonly byte[] _hash;

    public AccessToken(string token, string prefix)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length < ShortestToken || token.Any(static c => c is <= ' ' or >= (char)127))
            throw new ArgumentException($"A token must have at least {ShortestToken} printable ASCII characters, so that nobody can guess it, but has {token.Length}. Use 32 random hexadecimal digits.", nameof(token));
        _hash = Hash(token);
        Cookie = new SessionCookie(token, prefix);
    }

    /// <summary>Of the sessions that it opens.</summary>
    public SessionCookie Cookie { get; }

    /// <summary>Whether the request carries the token as a bearer.</summary>
    public bool IsBearerOf(HttpRequest request)
        => request.Headers.Authorization is [{ } header] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && Is(header[Bearer.Length..].Trim());

    public bool Is(string? token) => token is not null && CryptographicOperations.FixedTimeEquals(Hash(token), _hash);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
