using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Queues.</summary>
internal sealed class QueueRoutes(LonghaulHttp http)
{
    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/queues", ListAsync).For(Role.View, ofTheWhole: true).Named("listQueues").WithSummary("All queues, by rank and name").Fails(401, 403);
        api.MapPost("/queues/{name}/pause", (HttpContext context, string name, CancellationToken cancellationToken) => PauseAsync(context, name, true, cancellationToken))
            .For(Role.Operate, ofTheWhole: true).Takes<ReasonRequest>(isOptional: true).Named("pauseQueue").WithSummary("Nothing of it is claimed until it is resumed")
            .Fails(400, 401, 403, 413, 415, 422, 503);
        api.MapPost("/queues/{name}/resume", (HttpContext context, string name, CancellationToken cancellationToken) => PauseAsync(context, name, false, cancellationToken))
            .For(Role.Operate, ofTheWhole: true).Takes<ReasonRequest>(isOptional: true).Named("resumeQueue").WithSummary("It is claimed from again")
            .Fails(400, 401, 403, 413, 415, 422, 503);
        api.MapPost("/queues/{name}/clear", ClearAsync).For(Role.Admin, ofTheWhole: true).Takes<ReasonRequest>(isOptional: true)
            .Named("clearQueue").WithSummary("Deletes its pending jobs").Fails(400, 401, 403, 413, 415, 422, 503);
    }

    private async Task<ApiResult<QueuesView>> ListAsync(CancellationToken cancellationToken) => new(await http.QueuesAsync(cancellationToken).ConfigureAwait(false));

    private async Task<ApiResult<QueuePauseView>> PauseAsync(HttpContext context, string name, bool paused, CancellationToken cancellationToken)
    {
        var (queue, caller) = (QueueName(name), Caller.Of(context));
        var reason = await ReasonAsync(context).ConfigureAwait(false);
        await http.Store.SetQueuePausedAsync(queue, paused, new ActionContext(caller.User, reason), cancellationToken).ConfigureAwait(false);
        http.Status.ClearCache();
        await http.AuditAsync(caller, paused ? "pause queue" : "resume queue", queue, reason, "done").ConfigureAwait(false);
        return new(new QueuePauseView(queue, paused));
    }

    private async Task<ApiResult<ClearedView>> ClearAsync(HttpContext context, string name)
    {
        var queue = QueueName(name);
        var reason = await ReasonAsync(context).ConfigureAwait(false);
        var deleted = await http.Store.ClearAsync(queue, CancellationToken.None).ConfigureAwait(false); // what was begun is finished, and its count told
        http.Status.ClearCache();
        await http.AuditAsync(Caller.Of(context), "clear queue", queue, reason, $"deleted {deleted}").ConfigureAwait(false);
        return new(new ClearedView(queue, deleted));
    }

    // A slash stays escaped in a route value.
    private static string QueueName(string name)
    {
        var queue = name.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return JobLimits.IsName(queue) ? queue : throw ApiProblem.Invalid("name", $"A queue's name must be {JobTypeReader.NameRule}, but was {Quoted.Text(queue)}.");
    }

    private static async Task<string?> ReasonAsync(HttpContext context)
        => ActionRoutes.Reason((await RequestBody.ReadOptionalAsync<ReasonRequest>(context).ConfigureAwait(false))?.Reason);
}

/// <summary>Queues and workers as they are told.</summary>
internal static class WholeViews
{
    extension(LonghaulHttp http)
    {
        public async Task<QueuesView> QueuesAsync(CancellationToken cancellationToken)
        {
            var queues = await http.Store.ListQueuesAsync(cancellationToken).ConfigureAwait(false);
            var unhandled = await http.Store.ListUnhandledAsync(cancellationToken).ConfigureAwait(false);
            return Show(queues, unhandled, http.Now);
        }

        public async Task<ListView<WorkerView>> WorkersAsync(CancellationToken cancellationToken)
        {
            var workers = await http.Store.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
            return new([.. workers.Select(WorkerView.Of)]);
        }

        public async Task<StatusView> StatusAsync(string? queue, CancellationToken cancellationToken)
        {
            return Show(await http.Status.GetAsync(queue, cancellationToken).ConfigureAwait(false));
        }
    }

    public static QueuesView Show(IReadOnlyList<QueueInfo> queues, IReadOnlyList<UnhandledName> unhandled, DateTimeOffset now)
        => new([.. queues.Select(queue => QueueView.Of(queue, now))], [.. unhandled.Select(UnhandledView.Of)]);

    public static StatusView Show(QueueStatus status) => new(
        new HorizonView(status.HasParent, status.HasParent ? "running" : "inactive"),
        new StatusJobsView(status.Driver, status.Pending, status.Reserved, status.Failed, status.MatchingPending),
        new StatusWorkerView(status.Worker, status.LikelyRunning, status.Hint, status.Color),
        status.At);
}
