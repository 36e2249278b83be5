using Longhaul.AspNetCore.Problems;
using Longhaul.AspNetCore.Sessions;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;

namespace Longhaul.AspNetCore.Access;

/// <summary>Lets in whoever carries the token, or a session that was opened with it.</summary>
internal static class TokenAccess
{
    /// <exception cref="ApiProblem">The caller carries neither.</exception>
    /// <exception cref="AnsweredException">A session has been opened.</exception>
    public static async Task DemandAsync(HttpContext context, LonghaulHttp http, AccessToken token, EndpointRule rule)
    {
        if (token.IsBearerOf(context.Request))
            return;
        var session = token.Cookie.Find(context.Request, http.Now);
        if (rule.IsPage && context.Request.Query["token"] is [{ } text] && token.Is(text))
        {
            await OpenAsync(context, http, token, session).ConfigureAwait(false);
            throw new AnsweredException();
        }

        // A page tells nothing of the jobs, and opens while the store is away: its signature and times are enough.
        if (session is null || (!rule.IsPage && await http.EndedSessions.ContainsAsync(session, context.RequestAborted).ConfigureAwait(false)))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw ApiProblem.WithoutToken();
        }

        var seen = rule.IsPage ? session : session with { Seen = http.Now };
        context.Items[typeof(Session)] = seen;
        if (!rule.IsPage && session.IsDueAt(http.Now)) // pages may be kept by what lies between, and the cookie with them
            context.Response.OnStarting(() => RenewAsync(context, http, token, seen));
    }

    // Not before the answer begins: the browser may have signed out meanwhile, or have been opened anew.
    private static Task RenewAsync(HttpContext context, LonghaulHttp http, AccessToken token, Session session)
    {
        if (!http.EndedSessions.Knows(session))
            token.Cookie.Set(context, session);
        return Task.CompletedTask;
    }

    // Always a new one, so that nobody goes on with one that another may know.
    private static async Task OpenAsync(HttpContext context, LonghaulHttp http, AccessToken token, Session? earlier)
    {
        var caller = Caller.Let(context, http.Options, static _ => new(true));
        if (earlier is not null)
            await EndAsync(http, caller, earlier).ConfigureAwait(false);
        var session = Session.Begin(http.Now);
        token.Cookie.Set(context, session);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(context.Request.PathBase.Add(context.Request.Path).ToUriComponent()); // the token leaves address bar and history
        await http.AuditAsync(caller, "sign in", session.ShortName, null, "done").ConfigureAwait(false);
    }

    private static async Task EndAsync(LonghaulHttp http, Caller caller, Session earlier)
    {
        try
        {
            if (await http.EndedSessions.ContainsAsync(earlier, CancellationToken.None).ConfigureAwait(false))
                return;
            await http.EndedSessions.EndAsync(earlier).ConfigureAwait(false);
            await http.AuditAsync(caller, "sign out", earlier.ShortName, "opened anew", "done").ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            Log.SessionNotEnded(http.Logger, e, earlier.ShortName); // it ends by its time; who has the token is not kept out for it
        }
    }
}
