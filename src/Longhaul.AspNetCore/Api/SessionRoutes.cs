using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>The session that a browser came by.</summary>
internal sealed class SessionRoutes(LonghaulHttp http)
{
    private const string Action = "sign out";

    public void Map(RouteGroupBuilder api)
        => api.MapDelete("/session", (Delegate)EndAsync).For(Role.View).Named("signOut").WithSummary("Ends the session that the browser came by").Fails(401, 403, 404, 503);

    private async Task<NoContent> EndAsync(HttpContext context)
    {
        var caller = Caller.Of(context);
        if (caller.Session is not { } session)
        {
            await http.AuditAsync(caller, Action, null, null, "no_session").ConfigureAwait(false);
            throw ApiProblem.NoSession();
        }

        await http.EndedSessions.EndAsync(session).ConfigureAwait(false);
        context.GetEndpoint()!.Metadata.GetMetadata<AccessDecision>()!.Token!.Cookie.Delete(context);
        await http.AuditAsync(caller, Action, session.ShortName, null, "done").ConfigureAwait(false);
        return TypedResults.NoContent();
    }
}
