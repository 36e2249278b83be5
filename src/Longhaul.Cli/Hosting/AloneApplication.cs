using Longhaul.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Cli.Hosting;

/// <summary>The command line by itself: a store by its address, and no handlers.</summary>
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
        services.AddSingleton(console.Time);
        var configuration = Configuration(storeUrl);
        if (!Naming.Any(name => !string.IsNullOrWhiteSpace(configuration[name])))
            throw CliException.WrongUse("no store is named", "give --store sqlite:FILE or postgres://…, or set LONGHAUL_STORE");
        services.AddSingleton(configuration);
        services.AddLonghaul(longhaul => longhaul
            .AddPostgres()
            .AddStoreScheme("sqlite", (url, _) => Sqlite(url, create))
            .Configure(options => options.AutoMigrate = create));
        return services.BuildServiceProvider();
    }

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
            configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("LONGHAUL_STORE", storeUrl)]);
        return configuration.Build();
    }

    /// <summary>A verb that only looks makes no file: a slip in its name must not look like an empty store.</summary>
    private static SqliteStore Sqlite(StoreUrl url, bool create)
    {
        var store = new SqliteStore(new SqliteOptions { Path = url.Location });
        return create || File.Exists(store.Info.Address)
            ? store
            : throw new CliException(ExitCode.StoreNotReachable, $"there is no store {store.Info.Address}", "longhaul migrate makes one");
    }
}
