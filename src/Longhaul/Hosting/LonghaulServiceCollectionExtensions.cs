using Longhaul.Diagnostics;
using Longhaul.Hosting;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Longhaul;

/// <summary>Adds Longhaul to an application.</summary>
public static class LonghaulServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds Longhaul: <see cref="IJobClient"/>, and what the builder is told. Called again it adds to the same.</summary>
        /// <param name="configure">Store, handlers, worker.</param>
        public IServiceCollection AddLonghaul(Action<LonghaulBuilder> configure) => Add(services, null, configure);

        /// <summary>Adds a further Longhaul with a store of its own; its services are keyed by the name: <c>[FromKeyedServices("reports")] IJobClient jobs</c>.</summary>
        /// <param name="name">1–128 of <c>A-Z a-z 0-9 . _ - : /</c>.</param>
        /// <param name="configure">Store, handlers, worker.</param>
        public IServiceCollection AddLonghaul(string name, Action<LonghaulBuilder> configure)
        {
            if (!JobLimits.IsName(name))
                throw new ArgumentException($"The name of a Longhaul must be {Jobs.JobTypeReader.NameRule}, but was {Jobs.Quoted.Text(name)}.", nameof(name));
            return Add(services, name, configure);
        }
    }

    private static IServiceCollection Add(IServiceCollection services, string? name, Action<LonghaulBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        configure(new LonghaulBuilder(services, SetupOf(services, name)));
        return services;
    }

    private static LonghaulSetup SetupOf(IServiceCollection services, string? name)
    {
        foreach (var descriptor in services)
        {
            if (descriptor.ServiceType != typeof(LonghaulSetup))
                continue;
            var known = (LonghaulSetup)(descriptor.IsKeyedService ? descriptor.KeyedImplementationInstance : descriptor.ImplementationInstance)!;
            if (known.Name == name)
                return known;
        }

        var setup = new LonghaulSetup(name);
        if (name is null)
        {
            services.AddSingleton(setup);
            services.AddSingleton(services => new LonghaulInstance(services, setup));
            services.AddSingleton(static services => services.GetRequiredService<LonghaulInstance>().Client);
            services.TryAddSingleton<IJobStore>(static services => new OpeningJobStore(services.GetRequiredService<LonghaulInstance>().Store));
            services.TryAddSingleton<IQueueStatus>(static services => new QueueStatusReader(services.GetRequiredService<IJobStore>(), services.GetRequiredService<LonghaulInstance>().Time));
            services.AddSingleton<IHostedService>(static services => new StartCheck(services.GetRequiredService<LonghaulInstance>));
            services.AddSingleton(static services => new WorkerService(services.GetRequiredService<LonghaulInstance>(), services.GetRequiredService<IHostApplicationLifetime>()));
            services.AddSingleton<IHostedService>(static services => services.GetRequiredService<WorkerService>());
        }
        else
        {
            services.AddKeyedSingleton(name, setup);
            services.AddKeyedSingleton(name, (services, _) => new LonghaulInstance(services, setup));
            services.AddKeyedSingleton(name, static (services, key) => services.GetRequiredKeyedService<LonghaulInstance>(key).Client);
            services.TryAddKeyedSingleton<IJobStore>(name, static (services, key) => new OpeningJobStore(services.GetRequiredKeyedService<LonghaulInstance>(key).Store));
            services.TryAddKeyedSingleton<IQueueStatus>(name, static (services, key) => new QueueStatusReader(services.GetRequiredKeyedService<IJobStore>(key), services.GetRequiredKeyedService<LonghaulInstance>(key).Time));
            services.AddSingleton<IHostedService>(services => new StartCheck(() => services.GetRequiredKeyedService<LonghaulInstance>(name)));
            services.AddKeyedSingleton(name, static (services, key) => new WorkerService(services.GetRequiredKeyedService<LonghaulInstance>(key), services.GetRequiredService<IHostApplicationLifetime>()));
            services.AddSingleton<IHostedService>(services => services.GetRequiredKeyedService<WorkerService>(name));
        }

        return setup;
    }
}
