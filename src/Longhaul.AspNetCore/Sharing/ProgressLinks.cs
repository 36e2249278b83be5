using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace Longhaul.AspNetCore.Sharing;

/// <summary>Signs and reads links: the job's id and the link's end, protected by the application's own keys.</summary>
internal sealed class ProgressLinks(IDataProtectionProvider protection, string? name, TimeProvider time) : IProgressLinks
{
    private const int LongestToken = 512;

    private readonly IDataProtector _protector = protection.CreateProtector("Longhaul.ProgressLink", name ?? "");

    /// <summary>Where <c>MapLonghaul</c> has mapped the routes.</summary>
    public string Prefix { get; set; } = "";

    public string Create(JobId job, TimeSpan validFor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validFor, TimeSpan.Zero);
        Span<byte> content = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(content, job.Value);
        BinaryPrimitives.WriteInt64LittleEndian(content[8..], (time.GetUtcNow() + validFor).ToUnixTimeSeconds());
        return $"{Prefix}/p/{WebEncoders.Base64UrlEncode(_protector.Protect(content.ToArray()))}";
    }

    /// <summary>The job of a token; null: it is none, was changed, or its time is over.</summary>
    public JobId? Read(string token)
    {
        if (token.Length > LongestToken)
            return null;
        try
        {
            var content = _protector.Unprotect(WebEncoders.Base64UrlDecode(token));
            var ends = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(8)));
            return ends > time.GetUtcNow() ? new JobId(BinaryPrimitives.ReadInt64LittleEndian(content)) : null;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
