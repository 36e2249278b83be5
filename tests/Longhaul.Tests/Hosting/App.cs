using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Hosting;

/// <summary>Services with a Longhaul, and settings that only the test gives.</summary>
internal static class App
{
    public static ServiceProvider Of(Action<LonghaulBuilder> longhaul, Action<IServiceCollection>? more = null, params (string Key, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(static s => s.Key, static s => s.Value)).Build());
        more?.Invoke(services);
        services.AddLonghaul(longhaul);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
    }

    /// <summary>What is wrong, as the application's first use tells.</summary>
    public static IReadOnlyList<string> Problems(Action<LonghaulBuilder> longhaul, params (string Key, string? Value)[] settings)
    {
        using var services = Of(longhaul, null, settings);
        return Should.Throw<LonghaulSetupException>(() => services.GetRequiredService<IJobClient>()).Problems;
    }

    public static IJobClient Client(this IServiceProvider services) => services.GetRequiredService<IJobClient>();
}
