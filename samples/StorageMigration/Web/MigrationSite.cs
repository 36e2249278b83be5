using System.Net;
using Longhaul;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StorageMigration.Trees;

namespace StorageMigration.Web;

/// <summary>The application with its pages: the migration at <c>/</c>, the interface for programs below <see cref="Actions"/>, Longhaul's dashboard at <c>/longhaul</c>.</summary>
internal static class MigrationSite
{
    public const string Actions = "/actions/s3-spaces-migration/migration";
    private const string Dashboard = "/longhaul";

    /// <summary>Puts it together.</summary>
    /// <param name="settings">What wins over files and environment.</param>
    public static WebApplication Build(params (string Key, string? Value)[] settings) => Build(more: null, settings);

    /// <summary>Puts it together as a part of a host that has more.</summary>
    /// <param name="more">Adds what the host has: who its users are and the policy that <see cref="MigrationOptions.Policy"/> names, further commands.</param>
    /// <param name="settings">What wins over files and environment.</param>
    public static WebApplication Build(Action<WebApplicationBuilder>? more, params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        more?.Invoke(builder);
        MigrationApp.Configure(builder, settings, static longhaul => longhaul.AddHttp());
        builder.Configuration["AllowedHosts"] = "localhost;127.0.0.1"; // another name that was made to lead here is somebody else's page
        AddServices(builder);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, kestrel.ApplicationServices.GetRequiredService<IOptions<MigrationOptions>>().Value.Port);
        });

        var app = builder.Build();
        app.Use(PageHeaders.AddAsync);
        app.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = static e => (e as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status500InternalServerError });
        app.UseStatusCodePages();
        app.UseStaticFiles();

        PageRoutes.Map(app);
        var actions = app.MapGroup(Actions).AddEndpointFilter<RefusalFilter>().AddEndpointFilter<PermissionFilter>();
        QueueRoutes.Map(actions);
        RunRoutes.Map(actions);
        actions.MapFallback("/{**rest}", static () => Refusals.Answer(StatusCodes.Status404NotFound, "There is no such action, or not by this method."));
        var api = app.MapGroup("/api").AddEndpointFilter<RefusalFilter>().AddEndpointFilter<PermissionFilter>().AddEndpointFilter<CsrfFilter>();
        JobRoutes.Map(api);
        TreeRoutes.Map(api, Callers.OwnerOf);
        app.MapLonghaul(Dashboard).AllowLocalOnly();
        return app;
    }

    private static void AddServices(WebApplicationBuilder builder)
    {
        var root = MigrationApp.RootOf(builder.Configuration);
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton<CommandBook>().AddSingleton<CommandDesk>().AddSingleton<JobOutput>();
        builder.Services.AddSingleton<MigrationWatch>().AddHostedService(static services => services.GetRequiredService<MigrationWatch>());
        builder.Services.AddAuthorization(static options => options.AddPolicy(LocalCaller.Policy, static policy =>
            policy.RequireAssertion(static context => context.Resource is HttpContext http && LocalCaller.Is(http))));
        builder.Services.AddAntiforgery(CsrfFilter.Configure);
        // A page that is open while the application is restarted keeps its token.
        builder.Services.AddDataProtection().SetApplicationName("StorageMigration").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(root, "keys")));
    }

    extension(WebApplication app)
    {
        /// <summary>Where the page is, once it is served; with a slash at the end.</summary>
        public string PageAddress => $"{app.Urls.First()}/";
    }
}
