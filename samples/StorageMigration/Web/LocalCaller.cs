using System.Net;
using Microsoft.AspNetCore.Http;

namespace StorageMigration.Web;

/// <summary>Whether a caller is on this machine: what is asked where the host names no policy of its own.</summary>
internal static class LocalCaller
{
    public const string Policy = "local caller";

    /// <summary>Behind a proxy every connection is local: what one of them has touched is not.</summary>
    private static readonly string[] Forwarding = ["Forwarded", "Via", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"];

    public static bool Is(HttpContext context)
        => context.Connection.RemoteIpAddress is { } remote
            && IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote)
            && !Forwarding.Any(context.Request.Headers.ContainsKey);
}
