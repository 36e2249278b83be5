using System.Globalization;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Workers.</summary>
internal sealed class WorkerRoutes(LonghaulHttp http)
{
    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/workers", ListAsync).For(Role.View, ofTheWhole: true).Named("listWorkers").WithSummary("Workers that live, or ended within the hour").Fails(401, 403);
        Order(api, "quiet", WorkerOrder.Quiet, Role.Operate, "It finishes what it runs and claims nothing more");
        Order(api, "stop", WorkerOrder.Stop, Role.Admin, "It stops in order");
        api.MapPost("/workers/restart", RestartAsync).For(Role.Admin, ofTheWhole: true).Named("restartWorkers").WithSummary("Every worker stops in order, to be started anew").Fails(400, 401, 403, 503);
    }

    private void Order(RouteGroupBuilder api, string word, WorkerOrder order, Role role, string summary)
        => api.MapPost($"/workers/{{id}}/{word}", (HttpContext context, string id, CancellationToken cancellationToken) => OrderAsync(context, id, order, word, cancellationToken))
            .For(role, ofTheWhole: true).Named($"{word}Worker").WithSummary(summary).Fails(400, 401, 403, 404, 503);

    private async Task<ApiResult<ListView<WorkerView>>> ListAsync(CancellationToken cancellationToken) => new(await http.WorkersAsync(cancellationToken).ConfigureAwait(false));

    private async Task<ApiResult<WorkerOrderView>> OrderAsync(HttpContext context, string id, WorkerOrder order, string word, CancellationToken cancellationToken)
    {
        if (id.Length != 16 || !long.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var session))
            throw ApiProblem.NotFound();
        var isThere = await http.Store.OrderWorkerAsync(new SessionId(session), order, cancellationToken).ConfigureAwait(false);
        await http.AuditAsync(Caller.Of(context), $"{word} worker", id, null, isThere ? "ordered" : "not_found").ConfigureAwait(false);
        return isThere ? new(new WorkerOrderView(id, word)) : throw ApiProblem.NotFound();
    }

    private async Task<ApiResult<RestartView>> RestartAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var workers = await http.Store.RestartWorkersAsync(cancellationToken).ConfigureAwait(false);
        await http.AuditAsync(Caller.Of(context), "restart workers", $"{workers} workers", null, "ordered").ConfigureAwait(false);
        return new(new RestartView(workers));
    }
}
