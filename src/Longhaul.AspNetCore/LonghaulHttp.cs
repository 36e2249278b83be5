using System.Reflection;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Events;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Problems;
using Longhaul.AspNetCore.Sessions;
using Longhaul.AspNetCore.Sharing;
using Longhaul.AspNetCore.Stats;
using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore;

/// <summary>What all routes of one Longhaul share, with what runs beside them while the host does.</summary>
internal sealed class LonghaulHttp(LonghaulInstance instance, IJobStore store, IQueueStatus status, ProgressLinks links, HttpOptions options, ILogger logger) : IHostedLifecycleService
{
    public static readonly string Version =
        typeof(LonghaulHttp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private EventPump? _events;
    private int _isStopping;
    private int _hasStopped;

    public LonghaulInstance Instance => instance;

    /// <summary>Opened at the first need.</summary>
    public IJobStore Store => store;

    public IQueueStatus Status => status;

    public HttpOptions Options => options;

    public TimeProvider Time => instance.Time;

    public ILogger Logger => logger;

    /// <summary>Signed links to one job.</summary>
    public ProgressLinks Links => links;

    /// <summary>Figures over time.</summary>
    public StatsCollector Stats { get; } = new(store, instance.Time, logger);

    /// <summary>Failed jobs by what went wrong. What this host does at once it shows at once.</summary>
    public KeptAnswers<FailureFilter, FailedGroupsView> FailedGroups { get; } = new(instance.Time);

    /// <summary>Sessions of browsers that signed out.</summary>
    public EndedSessions EndedSessions { get; } = new(store, instance.Time);

    /// <summary>Runs actions on many jobs where nobody else does.</summary>
    public ActionWorker Actions { get; } = new(instance, store, logger);

    /// <summary>Live events.</summary>
    public EventPump Events => LazyInitializer.EnsureInitialized(ref _events, () => new EventPump(new EventReader(this), options, instance.Time, logger));

    public DateTimeOffset Now => instance.Time.GetUtcNow();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Stats.Start();
        return Task.CompletedTask;
    }

    // Before the server stops: it waits for requests, and streams of events end only so.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0) // a host may be stopped twice: by its application, and at its end
            await Events.DisposeAsync().ConfigureAwait(false);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _hasStopped, 1) == 1)
            return;
        await Stats.DisposeAsync().ConfigureAwait(false);
        await Actions.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Keeps who did what. An action that was done is not undone for want of its line.</summary>
    public async Task AuditAsync(Caller caller, string action, string? target, string? reason, string outcome)
    {
        if (!store.Info.Capabilities.HasFlag(StoreCapabilities.Records))
            return; // the job's history still has it
        var record = new AuditRecord { By = caller.User, Action = action, Target = target, Reason = reason, Outcome = outcome, Origin = caller.Origin };
        try
        {
            await store.WriteAuditAsync(record, CancellationToken.None).ConfigureAwait(false); // the action is done: so must be its line
        }
        catch (StoreException e)
        {
            Log.AuditNotKept(logger, e, action, target, caller.User);
        }
    }

    /// <summary>Logs a refusal; one of a change by somebody who is known goes into the audit too.</summary>
    public async Task RefusedAsync(HttpContext context, ApiProblem problem)
    {
        var request = context.Request;
        var user = options.UserOf?.Invoke(context) ?? context.User.Identity?.Name;
        var path = request.Path.ToUriComponent(); // escaped: what the caller sent must not begin a line of its own
        Log.Refused(logger, request.Method, path, user is null ? "nobody" : Jobs.Quoted.Text(user), problem.View.Code);
        if (HttpMethods.IsGet(request.Method) || user is null)
            return;
        var caller = new Caller(context, user, null, static _ => new(false));
        await AuditAsync(caller, request.Method, path, null, problem.View.Code).ConfigureAwait(false);
    }
}
