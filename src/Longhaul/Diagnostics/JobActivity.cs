using System.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>The activities of the source <c>Longhaul</c>, named as OpenTelemetry's messaging conventions ask.</summary>
internal static class JobActivity
{
    public const string SourceName = "Longhaul";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>A run, as a continuation of its producer's trace.</summary>
    public static Activity? Start(ClaimedRun claim, string worker)
    {
        if (!Source.HasListeners())
            return null;
        _ = ActivityContext.TryParse(claim.TraceParent, null, isRemote: true, out var parent); // none: a trace of its own
        var activity = Source.StartActivity($"process {claim.Name}", ActivityKind.Consumer, parent);
        return activity?
            .SetTag("messaging.system", "longhaul")
            .SetTag("messaging.operation.type", "process")
            .SetTag("messaging.destination.name", claim.Queue)
            .SetTag("messaging.message.id", claim.Key.Job.ToString())
            .SetTag("longhaul.job.name", claim.Name)
            .SetTag("longhaul.job.run", claim.RunNumber)
            .SetTag("longhaul.worker", worker);
    }

    /// <summary>The sending of a job; its id is what <see cref="NewJob.TraceParent"/> carries.</summary>
    public static Activity? StartEnqueue(string name, string queue)
        => Source.HasListeners()
            ? Source.StartActivity($"send {name}", ActivityKind.Producer)?
                .SetTag("messaging.system", "longhaul")
                .SetTag("messaging.operation.type", "send")
                .SetTag("messaging.destination.name", queue)
                .SetTag("longhaul.job.name", name)
            : null;

    public static void End(Activity? activity, Settlement settlement)
    {
        if (activity is null)
            return;
        activity.SetTag("longhaul.job.outcome", settlement.Outcome.ToString());
        if (settlement.Error is { } error)
            activity.SetStatus(ActivityStatusCode.Error, error.Message).SetTag("error.type", error.Type);
    }
}
