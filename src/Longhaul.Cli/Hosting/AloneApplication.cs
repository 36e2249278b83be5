using Longhaul.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Cli.Hosting;

/// <summary>The command line by itself: a store by its address, and no handlers but that of programs, where its settings allow some.</summary>
internal sealed class AloneApplication(CliConsole console, string folder) : IApplication
{
    /// <summary>The settings any of which names a store.</summary>
    private static readonly string[] Naming = ["LONGHAUL_STORE", "Longhaul:Store", "QUEUE_CONNECTION", "QUEUE_DRIVER"];

    private static readonly string[] Variables =
    [
        "LONGHAUL_STORE", "Longhaul__Store", "QUEUE_CONNECTION", "QUEUE_DRIVER", "QUEUE_DEFAULT", "DATABASE_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD",
    ];

    public bool IsAlone => true;

    public IServiceProvider Services(string? storeUrl, bool create)
    {
        var services = new ServiceCollection();
        var configuration = Configuration(storeUrl);
        services.AddSingleton(configuration);
        Add(services, configuration, create, static _ => { });
        var provider = services.BuildServiceProvider();
        if (!create)
            MustBeThere(StoreSetting.Find(Settings.Of(provider), provider.Longhaul.Options.Store, null));
        return provider;
    }

    public void AddTo(IHostApplicationBuilder builder, string? storeUrl)
    {
        var configuration = Configuration(storeUrl);
        builder.Configuration.AddConfiguration(configuration);
        Add(builder.Services, configuration, create: true, longhaul =>
        {
            longhaul.AddHttp(static http => http.AcceptUnknownNames = true); // it has no handlers to know names by
            if (HasProcesses(configuration))
                longhaul.AddWorker();
        });
    }

    private static bool HasProcesses(IConfiguration configuration) => configuration.GetSection("Longhaul:Processes").GetChildren().Any();

    private void Add(IServiceCollection services, IConfiguration configuration, bool create, Action<LonghaulBuilder> further)
    {
        services.AddSingleton(console.Time);
        services.AddLonghaul(longhaul =>
        {
            longhaul.AddPostgres().AddSqlite().Configure(options => options.AutoMigrate = create);
            if (HasProcesses(configuration))
                longhaul.AddProcesses();
            further(longhaul);
        });
    }

    /// <exception cref="CliException">No store is named.</exception>
    private IConfiguration Configuration(string? storeUrl)
    {
        var environment = console.Variable("DOTNET_ENVIRONMENT") ?? console.Variable("ASPNETCORE_ENVIRONMENT") ?? "Production";
        var configuration = new ConfigurationBuilder()
            .SetBasePath(folder)
            .AddJsonFile("appsettings.json", optional: true, reloadOnChange: false)
            .AddJsonFile($"appsettings.{environment}.json", optional: true, reloadOnChange: false)
            .AddInMemoryCollection(Variables.Select(name => KeyValuePair.Create(name.Replace("__", ":", StringComparison.Ordinal), console.Variable(name)))
                .Where(static setting => setting.Value is not null));
        if (storeUrl is not null)
            configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("LONGHAUL_STORE", StoreOption.Checked(storeUrl))]);
        var settings = configuration.Build();
        return Naming.Any(name => !string.IsNullOrWhiteSpace(settings[name]))
            ? settings
            : throw CliException.WrongUse("no store is named", "give --store sqlite:FILE or postgres://…, or set LONGHAUL_STORE");
    }

    /// <summary>A verb that only looks makes no file: a slip in its name must not look like an empty store.</summary>
    private static void MustBeThere(StoreUrl? url)
    {
        if (url is { Scheme: "sqlite", Location.Length: > 0 } && Path.GetFullPath(url.Location) is var file && !File.Exists(file))
            throw new CliException(ExitCode.StoreNotReachable, $"there is no store {file}", "longhaul migrate makes one");
    }
}
