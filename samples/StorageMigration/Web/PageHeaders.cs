using Microsoft.AspNetCore.Http;

namespace StorageMigration.Web;

/// <summary>What every answer tells the browser to do and not to do. The dashboard's own say the same, and stay.</summary>
internal static class PageHeaders
{
    /// <summary>Nothing inline, nothing from elsewhere, in no frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static Task AddAsync(HttpContext context, RequestDelegate next)
    {
        // At the last moment: an error clears what was set before.
        context.Response.OnStarting(static response =>
        {
            var headers = ((HttpResponse)response).Headers;
            headers.TryAdd("Content-Security-Policy", Policy);
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("X-Frame-Options", "DENY");
            headers.TryAdd("Referrer-Policy", "same-origin");
            headers.TryAdd("Cross-Origin-Opener-Policy", "same-origin");
            headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");
            headers.TryAdd("Cache-Control", "no-cache"); // kept, and asked for anew by its ETag
            return Task.CompletedTask;
        }, context.Response);
        return next(context);
    }
}
