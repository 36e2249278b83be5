using System.Net;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>Whether a caller is on this machine.</summary>
/// <remarks>
/// Behind a proxy every connection is local, and its headers say what the caller likes: a request with any of them is not local, whether or not
/// a middleware has taken them in. A page of another site whose name was made to lead here (DNS rebinding) sends its own name as the host.
/// </remarks>
internal static class LocalCaller
{
    private static readonly string[] Forwarding =
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Real-IP", "Via",
        "X-Original-For", "X-Original-Host", "X-Original-Proto", "X-Original-Prefix", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP",
    ];

    public static bool Is(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !IsLoopback(remote))
            return false;
        foreach (var header in Forwarding)
        {
            if (context.Request.Headers.ContainsKey(header))
                return false;
        }

        return IsLocalName(context.Request.Host.Host);
    }

    private static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool IsLocalName(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));
}
