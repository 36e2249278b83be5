using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>What every answer tells the browser to do and not to do.</summary>
internal static class SecurityHeaders
{
    /// <summary>Nothing inline, nothing from elsewhere, in no frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void Set(HttpContext context, bool isPage)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        if (!isPage)
            headers.CacheControl = "no-store";
        if (context.Request.IsHttps && headers.StrictTransportSecurity.Count == 0)
            headers.StrictTransportSecurity = "max-age=31536000";
    }
}
