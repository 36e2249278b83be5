using Longhaul;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PhotoIngest.Demo;
using PhotoIngest.Imaging;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest;

/// <summary>What every process of the application has: its services, its jobs, its worker. <see cref="Web.PhotoSite"/> adds the pages.</summary>
internal static class PhotoApp
{
    private static readonly string[] StoreSettings = ["LONGHAUL_STORE", "Longhaul:Store", "QUEUE_CONNECTION", "QUEUE_DRIVER"];

    /// <summary>The queue's file in the root, where no other store is named.</summary>
    public static string DefaultStore(string root) => "sqlite:" + Path.Combine(root, "longhaul.db");

    /// <summary>A worker without pages.</summary>
    /// <param name="settings">What wins over files and environment.</param>
    public static IHost Build(params (string Key, string? Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
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
        var root = Path.GetFullPath(builder.Configuration["Photos:Root"] ?? new PhotoOptions().Root);
        Directory.CreateDirectory(root);
        if (StoreSettings.All(setting => string.IsNullOrEmpty(builder.Configuration[setting])))
            builder.Configuration["Longhaul:Store"] = DefaultStore(root);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        builder.Services.AddOptions<PhotoOptions>().BindConfiguration("Photos").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services
            .AddSingleton<LibraryPaths>().AddSingleton<LibraryDb>().AddSingleton<PhotoLibrary>().AddSingleton<PhotoLedger>().AddSingleton<Gallery>().AddSingleton<Sittings>()
            .AddSingleton<Uploads>().AddSingleton<Dispatch>()
            .AddSingleton<Vips>().AddSingleton<ExifTool>().AddSingleton<ExifToolPreview>().AddSingleton<VipsPreview>().AddSingleton<PreviewMaker>()
            .AddSingleton<ToolCheck>().AddSingleton<SampleSet>();

        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul
                .AddSqlite()
                .AddHandler<IngestFolder, IngestFolderHandler>()
                .AddHandler<MakePreview, MakePreviewHandler>(GiveUpOnUnreadable)
                .AddHandler<IngestPhoto, IngestPhotoHandler>(GiveUpOnUnreadable)
                .AddHandler<EnhancePreview, EnhancePreviewHandler>(GiveUpOnUnreadable);
            if (builder.Configuration.GetValue("Photos:RunsJobs", defaultValue: true))
                longhaul.AddWorker(worker => worker.Queues(Queues.InOrder));
            more?.Invoke(longhaul);
        });
    }

    /// <summary>Trying again mends a tool that hung or a disk that was full, not a photo.</summary>
    private static void GiveUpOnUnreadable(HandlerOptions options) => options.Retry.FailOn<UnreadablePhotoException>();
}
