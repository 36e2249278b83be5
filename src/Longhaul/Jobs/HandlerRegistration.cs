using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>One <c>AddHandler</c> call, kept until the host starts.</summary>
internal abstract class HandlerRegistration(Type payload, Action<HandlerOptions>? configure)
{
    public Type Payload { get; } = payload;

    /// <summary>Makes the definition, or tells why not.</summary>
    public JobDefinition? Build(RegistryContext context, List<string> problems)
    {
        var options = new HandlerOptions();
        try
        {
            configure?.Invoke(options);
        }
        catch (ArgumentException e)
        {
            problems.Add($"The options of the handler for {Payload} must hold, but: {e.Message}");
            return null;
        }

        if (context.Types.TryGet(Payload, problems) is not { } type)
            return null;
        CheckUpgraders(type, options, problems);
        return Define(type, options, context, problems);
    }

    protected abstract JobDefinition? Define(JobType type, HandlerOptions options, RegistryContext context, List<string> problems);

    protected static JobPolicy? Merge(JobPolicy? policy, JobPolicy? defaults)
        => policy is null || defaults is null ? policy ?? defaults : policy with
        {
            MaxAttempts = policy.MaxAttempts ?? defaults.MaxAttempts,
            RetryDelay = policy.RetryDelay ?? defaults.RetryDelay,
            MaxRetryDelay = policy.MaxRetryDelay ?? defaults.MaxRetryDelay,
            RetryJitter = policy.RetryJitter ?? defaults.RetryJitter,
            Retention = policy.Retention ?? defaults.Retention,
        };

    private static void CheckUpgraders(JobType type, HandlerOptions options, List<string> problems)
    {
        var upgraders = options.Upgraders;
        if (upgraders.Count == 0)
            return;
        foreach (var from in upgraders.Keys.Where(v => v >= type.Version))
        {
            problems.Add(
                $"An upgrader of \"{type.Name}\" must begin below its version, but one begins at {from} and [Job] says Version = {type.Version}. " +
                $"Raise Version to {from + 1} or remove the upgrader.");
        }

        foreach (var from in Enumerable.Range(upgraders.Keys.Min(), Math.Max(0, type.Version - upgraders.Keys.Min())).Where(v => !upgraders.ContainsKey(v)))
        {
            problems.Add(
                $"The upgraders of \"{type.Name}\" must lead without a gap to Version = {type.Version}, but there is none from {from}. " +
                $"Add HandlerOptions.Upgrade({from}, …); one that returns its argument will do where nothing changed.");
        }
    }
}

/// <summary>What handlers are put together with.</summary>
internal sealed record RegistryContext(JobTypes Types, LonghaulOptions Options, MiddlewareChain Middleware, IServiceProvider Services);
