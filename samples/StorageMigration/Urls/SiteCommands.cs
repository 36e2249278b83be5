using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;
using StorageMigration.Diagnosis;
using StorageMigration.Transforms;

namespace StorageMigration.Urls;

/// <summary>The commands on a site's texts and on its objects as they are.</summary>
internal static class SiteCommands
{
    public static IServiceCollection AddSiteCommands(this IServiceCollection services)
    {
        services.AddOptions<TransformOptions>().BindConfiguration("Transforms").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<SiteWork>().AddSingleton<ImageSizes>()
            .AddSingleton<ICommand, ReplaceS3UrlsCommand>()
            .AddSingleton<ICommand, ScanUrlsCommand>()
            .AddSingleton<ICommand, ReplaceUrlsCommand>()
            .AddSingleton<ICommand, ReplaceJsonUrlsCommand>()
            .AddSingleton<ICommand, GenerateTransformsCommand>()
            .AddSingleton<ICommand, AnalyzeCommand>();
    }
}
