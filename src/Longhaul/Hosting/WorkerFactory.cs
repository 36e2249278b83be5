using System.Diagnostics.Metrics;
using Longhaul.Diagnostics;
using Longhaul.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Hosting;

/// <summary>Makes workers of a Longhaul: that of the host, and those that the command line asks for.</summary>
internal static class WorkerFactory
{
    /// <exception cref="ArgumentException">An option does not hold, or the application handles no job.</exception>
    public static async ValueTask<JobWorker> MakeAsync(LonghaulInstance instance, WorkerOptions options, ILogger? logger, CancellationToken cancellationToken)
    {
        WorkerOptionsValidator.Check(options);
        if (instance.Registry.Names.Count == 0)
            throw new ArgumentException("A worker must have at least one handler, but this application has none. Call AddHandler or AddHandlersFromAssembly in AddLonghaul.");

        var services = instance.Services;
        var store = await instance.Store.OpenAsync(cancellationToken).ConfigureAwait(false);
        logger ??= services.GetService<ILoggerFactory>()?.CreateLogger("Longhaul.Worker") ?? NullLogger.Instance;
        var metrics = new JobMetrics(services.GetService<IMeterFactory>() ?? PlainMeters.Instance, instance.Time);
        return new JobWorker(new WorkerParts(store, instance.Registry, instance.Prepare, services, options, instance.Time, logger, metrics));
    }
}

/// <summary>For an application without <c>AddMetrics</c>: the meters exist and nobody is asked.</summary>
internal sealed class PlainMeters : IMeterFactory
{
    public static readonly PlainMeters Instance = new();

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
        // Meters live as long as the program.
    }
}
