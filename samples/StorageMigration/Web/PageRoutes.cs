using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace StorageMigration.Web;

/// <summary>The page. It is made for each caller: its hidden field holds the token that belongs to the caller's cookie.</summary>
internal static class PageRoutes
{
    private const string TokenHere = "{{CSRF_TOKEN}}";

    public static void Map(IEndpointRouteBuilder site)
    {
        foreach (var path in (string[])["/", "/index.html"])
            site.MapGet(path, ShowAsync).AddEndpointFilter<PermissionFilter>();
    }

    private static async Task<IResult> ShowAsync(HttpContext http, IAntiforgery antiforgery, IWebHostEnvironment environment, CancellationToken cancellationToken)
    {
        var token = antiforgery.GetAndStoreTokens(http).RequestToken!;
        var page = await File.ReadAllTextAsync(Path.Combine(environment.WebRootPath, "index.html"), cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Content(page.Replace(TokenHere, HtmlEncoder.Default.Encode(token), StringComparison.Ordinal), "text/html; charset=utf-8");
    }
}
