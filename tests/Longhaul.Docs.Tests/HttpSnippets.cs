using Microsoft.AspNetCore.Builder;

namespace Longhaul.Docs.Tests;

/// <summary>What docs/http-api.md shows.</summary>
internal static class HttpSnippets
{
    public static void Serve(WebApplicationBuilder builder, Func<WebApplication> build)
    {
        var app = build();
        #region snippet: serve-http
        builder.Services.AddLonghaul(longhaul => longhaul.UseSqlite("app.db").AddHttp());
        // …
        app.MapLonghaul("/longhaul").RequireAuthorization(view: "staff", operate: "ops", admin: "ops");
        #endregion
    }
}
