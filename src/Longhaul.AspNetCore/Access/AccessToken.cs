using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>The one token that opens the API. Only its hash is kept, and compared in constant time.</summary>
internal sealed class AccessToken
{
    /// <summary>128 bits in hexadecimal digits, or as much in any other letters.</summary>
    private const int ShortestToken = 22;

    private const string Bearer = "Bearer ";

    private readonly byte[] _hash;

    public AccessToken(string token, string cookiePath)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length < ShortestToken || token.Any(static c => c is <= ' ' or >= (char)127))
            throw new ArgumentException($"A token must have at least {ShortestToken} printable ASCII characters, so that nobody can guess it, but has {token.Length}. Use 32 random hexadecimal digits.", nameof(token));
        _hash = Hash(token);
        // The name tells cookies of several Longhauls on one host apart.
        CookieName = "longhaul-" + Convert.ToHexStringLower(Hash(cookiePath).AsSpan(0, 4));
    }

    public string CookieName { get; }

    /// <summary>Whether the request carries the token, as a bearer or in the cookie.</summary>
    public bool IsIn(HttpRequest request)
        => (request.Headers.Authorization is [{ } header] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && Is(header[Bearer.Length..].Trim()))
            || (request.Cookies.TryGetValue(CookieName, out var cookie) && Is(cookie));

    public bool Is(string? token) => token is not null && CryptographicOperations.FixedTimeEquals(Hash(token), _hash);

    /// <summary>The cookie with which a browser that was opened with the token goes on.</summary>
    public void SetCookie(HttpContext context, string token, string path) => context.Response.Cookies.Append(CookieName, token, new CookieOptions
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Strict,
        Path = path.Length == 0 ? "/" : path,
        IsEssential = true,
    });

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
