using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Who did what.</summary>
internal sealed class AuditRoutes(LonghaulHttp http)
{
    public void Map(RouteGroupBuilder api)
        => api.MapGet("/audit", ListAsync).For<ListQuery>(Role.View, ofTheWhole: true).Named("listAudit").WithSummary("Who did what, newest first").Fails(400, 401, 403, 422);

    private async Task<ApiResult<PageView<AuditView>>> ListAsync(HttpContext context, [AsParameters] ListQuery query, CancellationToken cancellationToken)
    {
        if (!http.Store.Info.Capabilities.HasFlag(StoreCapabilities.Records))
            return new(new PageView<AuditView>([], null)); // this store keeps none
        var page = await http.Store.ListAuditAsync(query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, static record => new AuditView(record.At, record.By, record.Action, record.Target, record.Reason, record.Outcome, record.Origin)));
    }
}
