using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Jobs;

/// <summary>A handler class: made anew for each run, with injected services.</summary>
internal sealed class ClassHandlerRegistration<TJob, THandler>(Action<HandlerOptions>? configure) : HandlerRegistration(typeof(TJob), configure)
    where TJob : notnull
    where THandler : class, IJobHandler<TJob>
{
    protected override JobDefinition? Define(JobType type, HandlerOptions options, RegistryContext context, List<string> problems)
    {
        if (Activation(context.Services, problems) is not { } activate)
            return null;

        var disposes = typeof(THandler).IsAssignableTo(typeof(IAsyncDisposable)) || typeof(THandler).IsAssignableTo(typeof(IDisposable));
        var call = new HandlerCall<TJob, THandler>(activate.Make, activate.IsOurs && disposes);
        return new JobDefinition
        {
            Name = type.Name,
            Type = type,
            Policy = Merge(type.Policy, context.Options.DefaultPolicy),
            LongRunning = type.LongRunning,
            HasFailedHook = ImplementsFailed(),
            Retry = RetryRules.Chain(options.Retry, context.Options.Retry),
            ReadPayload = new PayloadReader<TJob>(type, options.Upgraders).Read,
            Handle = context.Middleware.Around(call.HandleAsync),
            HandleFailed = context.Middleware.Around<JobFailure>(call.FailedAsync),
        };
    }

    private static (Func<IServiceProvider, THandler> Make, bool IsOurs)? Activation(IServiceProvider services, List<string> problems)
    {
        var known = services.GetService<IServiceProviderIsService>();
        if (known?.IsService(typeof(THandler)) == true)
            return (static s => s.GetRequiredService<THandler>(), false);
        if (typeof(THandler).IsAbstract)
        {
            problems.Add($"A handler must be a class that can be made, but {typeof(THandler)} is abstract and not in the services. Register what implements it.");
            return null;
        }

        var constructors = typeof(THandler).GetConstructors();
        if (constructors.Length == 1 && known is not null)
        {
            foreach (var parameter in constructors[0].GetParameters().Where(p => !CanBeGiven(p, known)))
            {
                problems.Add(
                    $"The handler {typeof(THandler)} must get its constructor's arguments from the services, but there is no {parameter.ParameterType} ({parameter.Name}). " +
                    "Register it in the services.");
            }
        }

        try
        {
            var factory = ActivatorUtilities.CreateFactory<THandler>(Type.EmptyTypes);
            return (s => factory(s, null), true);
        }
        catch (InvalidOperationException e)
        {
            problems.Add($"The handler {typeof(THandler)} must have one constructor that the services can fill, but: {e.Message}");
            return null;
        }
    }

    private static bool CanBeGiven(ParameterInfo parameter, IServiceProviderIsService known)
        => parameter.HasDefaultValue || parameter.IsDefined(typeof(FromKeyedServicesAttribute)) || parameter.IsDefined(typeof(ServiceKeyAttribute))
            || known.IsService(parameter.ParameterType);

    // The interface has an empty body of its own: only a class (or interface) that brings another one wants the call.
    private static bool ImplementsFailed()
    {
        var implemented = typeof(THandler).GetInterfaces().First(static i =>
            i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IJobHandler<>) && i.IsAssignableTo(typeof(IJobHandler<TJob>)));
        if (typeof(THandler).IsInterface)
            return true;
        var map = typeof(THandler).GetInterfaceMap(implemented);
        var index = Array.FindIndex(map.InterfaceMethods, static m => m.Name == nameof(IJobHandler<>.FailedAsync));
        return map.TargetMethods[index]?.DeclaringType is { } declaring && declaring != implemented;
    }
}
