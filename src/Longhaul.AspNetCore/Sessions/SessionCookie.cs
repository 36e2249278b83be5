using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Sessions;

/// <summary>
/// Carries a session as <c>id.began.seen.mac</c>, signed with a key that comes from the token: every host with the same token takes it, a restart
/// ends none, and a new token ends all.
/// </summary>
internal sealed class SessionCookie
{
    private readonly byte[] _key;
    private readonly string _prefix;

    public SessionCookie(string token, string prefix)
    {
        _prefix = prefix;
        // Browsers send a cookie to all ports of a host: the name tells those of several Longhauls apart.
        Name = "longhaul-" + Convert.ToHexStringLower(Derive(token, "name " + prefix, 4));
        _key = Derive(token, "session " + prefix, SHA256.HashSizeInBytes);
    }

    public string Name { get; }

    /// <summary>The session that a request carries; null: none whose signature and times let it in.</summary>
    public Session? Find(HttpRequest request, DateTimeOffset now)
        => request.Cookies.TryGetValue(Name, out var text) && Read(text) is { } session && session.IsOpenAt(now) ? session : null;

    public void Set(HttpContext context, Session session) => context.Response.Cookies.Append(Name, Write(session), Options(context));

    public void Delete(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context));

    public string Write(Session session)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{session.Id}.{session.Began.ToUnixTimeSeconds()}.{session.Seen.ToUnixTimeSeconds()}");
        return $"{text}.{Sign(text)}";
    }

    /// <summary>Null: this was not written with the token.</summary>
    public Session? Read(string text)
    {
        var end = text.LastIndexOf('.');
        if (end < 0 || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(text[..end])), Encoding.UTF8.GetBytes(text[(end + 1)..])))
            return null;
        var parts = text.Split('.'); // we wrote it: it has all its parts
        return new Session(parts[0], Moment(parts[1]), Moment(parts[2]));
    }

    private string Sign(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));

    private static byte[] Derive(string token, string use, int bytes)
        => HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(token), bytes, info: Encoding.UTF8.GetBytes(use));

    private static DateTimeOffset Moment(string seconds) => DateTimeOffset.FromUnixTimeSeconds(long.Parse(seconds, CultureInfo.InvariantCulture));

    private CookieOptions Options(HttpContext context) => new()
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Strict,
        Path = context.Request.PathBase.ToUriComponent() + _prefix is { Length: > 0 } path ? path : "/",
        IsEssential = true,
    };
}
