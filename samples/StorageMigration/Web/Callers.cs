using System.Security.Cryptography;
using System.Text;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;

namespace StorageMigration.Web;

/// <summary>Who calls. Jobs belong to their callers, who see no others.</summary>
internal static class Callers
{
    /// <summary>Where the host knows no users.</summary>
    public const string Local = "local";

    /// <summary>The caller's name as an owner of jobs.</summary>
    public static string OwnerOf(HttpContext context) => context.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? AsOwner(name) : Local;

    /// <summary>A name is kept as it is where it may be an owner's; else what may not stand in one is written as <c>:XX</c>, and so is the colon.</summary>
    private static string AsOwner(string name)
    {
        if (JobLimits.IsName(name) && !name.Contains(':', StringComparison.Ordinal))
            return name;
        var owner = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(name))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || (char)octet is '.' or '_' or '-' or '/')
                owner.Append((char)octet);
            else
                owner.Append(':').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return owner.Length <= JobLimits.NameLength ? owner.ToString() : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
    }
}
