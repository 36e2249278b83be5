namespace Longhaul.Jobs;

/// <summary>A handler written as a lambda.</summary>
internal sealed class LambdaRegistration<TJob>(
    Func<TJob, JobContext, IServiceProvider, CancellationToken, Task> handle, bool usesServices, Action<HandlerOptions>? configure)
    : HandlerRegistration(typeof(TJob), configure)
    where TJob : notnull
{
    protected override JobDefinition Define(JobType type, HandlerOptions options, RegistryContext context, List<string> problems) => new()
    {
        Name = type.Name,
        Type = type,
        Policy = Merge(type.Policy, context.Options.DefaultPolicy),
        LongRunning = type.LongRunning,
        HasFailedHook = false,
        NeedsScope = usesServices || context.Middleware.NeedsScope,
        Retry = RetryRules.Chain(options.Retry, context.Options.Retry),
        ReadPayload = new PayloadReader<TJob>(type, options.Upgraders).Read,
        Handle = context.Middleware.Around((services, job, run, cancellationToken) => handle((TJob)job, run, services, cancellationToken)),
        HandleFailed = static (_, _, _, _, _) => Task.CompletedTask,
    };
}
