using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Longhaul;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace PhotoIngest.Web;

/// <summary>The application with its pages: the gallery at <c>/</c>, Longhaul's dashboard at <c>/longhaul</c>. For this machine only.</summary>
internal static class PhotoSite
{
    private const string Dashboard = "/longhaul";

    /// <summary>Puts it together.</summary>
    /// <param name="settings">What wins over files and environment.</param>
    public static WebApplication Build(params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        PhotoApp.Configure(builder, settings, longhaul => longhaul.AddHttp());
        builder.Configuration["AllowedHosts"] = "localhost;127.0.0.1"; // another name that was made to lead here is somebody else's page
        builder.Services.AddProblemDetails().AddSingleton<UploadDesk>().AddHostedService<Leftovers>();
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase)));
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, kestrel.ApplicationServices.GetRequiredService<IOptions<PhotoOptions>>().Value.Port);
        });

        var app = builder.Build();
        app.Use(PageHeaders.AddAsync);
        app.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = static e => (e as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status500InternalServerError });
        app.UseStatusCodePages();
        app.UseDefaultFiles();
        app.UseStaticFiles();

        PictureRoutes.Map(app);
        var api = app.MapGroup("/api").AddEndpointFilter<OwnPageOnly>();
        UploadRoutes.Map(api);
        PhotoRoutes.Map(api);
        StatusRoutes.Map(api);
        app.MapLonghaul(Dashboard).AllowLocalOnly();
        app.MapGet("/admin/ingest-traces-page", static () => Results.Redirect($"{Dashboard}/?pattern=*ingest*"));
        return app;
    }

    extension(WebApplication app)
    {
        /// <summary>Where the gallery is, once it is served.</summary>
        public string GalleryAddress => $"{app.Urls.First()}/";

        /// <summary>Where the dashboard is.</summary>
        public string DashboardAddress => $"{app.Urls.First()}{Dashboard}/";
    }
}
