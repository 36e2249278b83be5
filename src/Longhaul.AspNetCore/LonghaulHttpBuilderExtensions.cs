using Longhaul.AspNetCore;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Sharing;
using Longhaul.Client;
using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul;

/// <summary>Adds the HTTP API to a Longhaul.</summary>
public static class LonghaulHttpBuilderExtensions
{
    extension(LonghaulBuilder builder)
    {
        /// <summary>Adds what <c>app.MapLonghaul("/longhaul")</c> serves: API, live events, dashboard.</summary>
        /// <param name="configure">How it behaves.</param>
        public LonghaulBuilder AddHttp(Action<HttpOptions>? configure = null)
        {
            ArgumentNullException.ThrowIfNull(builder);
            var options = new HttpOptions();
            configure?.Invoke(options);
            var services = builder.Services;
            services.AddAuthorization(); // not only its core: that alone would make WebApplication add a middleware without its services
            services.AddDataProtection();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DecisionCheck>());
            var name = builder.Name;
            builder.AddHandler<ActOnJobs>((job, context, provider, cancellationToken) => new ActOnJobsHandler(new JobWalk(StoreOf(provider, name), MaskOf(provider, name))).HandleAsync(job, context, cancellationToken));
            if (name is not null)
            {
                services.AddKeyedSingleton(name, static (provider, key) => LinksOf(provider, (string)key!, provider.GetRequiredKeyedService<LonghaulInstance>(key)));
                services.AddKeyedSingleton<IProgressLinks>(name, static (provider, key) => provider.GetRequiredKeyedService<ProgressLinks>(key));
                services.AddKeyedSingleton(name, (provider, key) => new LonghaulHttp(
                    provider.GetRequiredKeyedService<LonghaulInstance>(key), provider.GetRequiredKeyedService<IJobStore>(key),
                    provider.GetRequiredKeyedService<IQueueStatus>(key), provider.GetRequiredKeyedService<ProgressLinks>(key), options, LoggerOf(provider)));
                services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<LonghaulHttp>(name));
            }
            else
            {
                services.AddSingleton(static provider => LinksOf(provider, null, provider.GetRequiredService<LonghaulInstance>()));
                services.AddSingleton<IProgressLinks>(static provider => provider.GetRequiredService<ProgressLinks>());
                services.AddSingleton(provider => new LonghaulHttp(
                    provider.GetRequiredService<LonghaulInstance>(), provider.GetRequiredService<IJobStore>(),
                    provider.GetRequiredService<IQueueStatus>(), provider.GetRequiredService<ProgressLinks>(), options, LoggerOf(provider)));
                services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<LonghaulHttp>());
            }

            return builder;
        }
    }

    private static ProgressLinks LinksOf(IServiceProvider services, string? name, LonghaulInstance instance)
        => new(services.GetRequiredService<IDataProtectionProvider>(), name, instance.Time);

    private static IJobStore StoreOf(IServiceProvider services, string? name)
        => name is null ? services.GetRequiredService<IJobStore>() : services.GetRequiredKeyedService<IJobStore>(name);

    private static PayloadMask MaskOf(IServiceProvider services, string? name)
        => (name is null ? services.GetRequiredService<LonghaulInstance>() : services.GetRequiredKeyedService<LonghaulInstance>(name)).Mask;

    private static ILogger LoggerOf(IServiceProvider services) => services.GetService<ILoggerFactory>()?.CreateLogger("Longhaul.Http") ?? NullLogger.Instance;
}
