using Longhaul;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StorageMigration.Commands;
using StorageMigration.Logs;
using StorageMigration.Objects;
using StorageMigration.Trees;

namespace StorageMigration;

/// <summary>What every process of the application has: its services, its jobs, its worker.</summary>
internal static class MigrationApp
{
    private static readonly string[] StoreSettings = ["LONGHAUL_STORE", "Longhaul:Store", "QUEUE_CONNECTION", "QUEUE_DRIVER"];

    /// <summary>A host without pages.</summary>
    /// <param name="settings">What wins over files and environment.</param>
    public static IHost Build(params (string Key, string? Value)[] settings) => Build(more: null, settings);

    /// <summary>A host without pages that has more.</summary>
    /// <param name="more">Adds further commands and handlers.</param>
    /// <param name="settings">What wins over files and environment.</param>
    public static IHost Build(Action<IHostApplicationBuilder>? more, params (string Key, string? Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        more?.Invoke(builder);
        Configure(builder, settings);
        return builder.Build();
    }

    /// <summary>Puts it together.</summary>
    /// <param name="builder">Of a host with or without pages.</param>
    /// <param name="settings">What wins over files and environment.</param>
    /// <param name="more">What else Longhaul is to do.</param>
    public static void Configure(IHostApplicationBuilder builder, IEnumerable<(string Key, string? Value)> settings, Action<LonghaulBuilder>? more = null)
    {
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        var root = RootOf(builder.Configuration);
        Directory.CreateDirectory(root);
        if (StoreSettings.All(setting => string.IsNullOrEmpty(builder.Configuration[setting])))
            builder.Configuration["Longhaul:Store"] = "sqlite:" + Path.Combine(root, "longhaul.db");
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddLogFiles(Path.Combine(root, "logs"));

        builder.Services.AddOptions<MigrationOptions>().BindConfiguration("Migration").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(FolderStore.Kind).AddSingleton<ObjectStores>().AddSingleton<Migration.MigrationStates>().AddSingleton<CommandLine>();

        Urls.SiteCommands.AddSiteCommands(builder.Services);

        IDictionary<string, ProcessEntry>? programs = null;
        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul.AddTreeCopies();
            longhaul.AddSqlite().AddPostgres();
            if (builder.Configuration.GetValue("Migration:RunsJobs", defaultValue: true))
                longhaul.AddWorker().AddProcesses(entries => programs = entries);
            more?.Invoke(longhaul);
            Migration.MigrationSetup.AddImageMigration(longhaul);
        });
        if (programs is not null)
            CommandEntries.Fill(programs, builder);
    }

    /// <summary>The application's own folder, as an absolute path.</summary>
    public static string RootOf(IConfiguration configuration) => Path.GetFullPath(configuration["Migration:Root"] ?? new MigrationOptions().Root);
}
