using Longhaul.Hosting;
using Longhaul.Jobs;

namespace Longhaul.Processes;

/// <summary>The handler of <c>process.run</c>, made when the settings are read: they add to the allow-list.</summary>
internal sealed class ProcessRegistration(LonghaulSetup setup) : HandlerRegistration(typeof(RunProcess), null)
{
    protected override JobDefinition? Define(JobType type, HandlerOptions options, RegistryContext context, List<string> problems)
    {
        var before = problems.Count;
        var catalog = new ProcessCatalog(setup.Processes, problems);
        if (problems.Count > before)
            return null;
        var time = (TimeProvider?)context.Services.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
        var handler = new RunProcessHandler(catalog, ProcessGuard.Shared, time);
        return new LambdaRegistration<RunProcess>((job, run, _, cancellationToken) => handler.HandleAsync(job, run, cancellationToken), usesServices: false, null)
            .Build(context, problems);
    }
}
