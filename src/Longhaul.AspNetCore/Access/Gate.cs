using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.AspNetCore.Access;

/// <summary>Stands before every endpoint: headers, who may call, forgery, unknown parameters; and tells as problems what routes throw.</summary>
internal sealed class Gate(LonghaulHttp http, AccessDecision access, EndpointRule rule, RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        SecurityHeaders.Set(context, rule.IsPage);
        try
        {
            await AdmitAsync(context).ConfigureAwait(false);
            Forgery.Check(context.Request);
            CheckQuery(context.Request);
            await next(context).ConfigureAwait(false);
        }
        catch (AnsweredException)
        {
            // Told already.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            if (ProblemWriter.Of(error, context, http.Logger) is not { } problem)
                return;
            if (problem.View.Status is 401 or 403)
                await http.RefusedAsync(context, problem).ConfigureAwait(false);
            await ProblemWriter.WriteAsync(context, problem).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone.
        }
    }

    private async Task AdmitAsync(HttpContext context)
    {
        if (rule.Role != Role.Nobody)
            await DemandAsync(context).ConfigureAwait(false);
        var caller = Caller.Let(context, http.Options, role => MayAsync(context, role));
        if (rule.OfTheWhole && caller.Owner is not null)
            throw ApiProblem.OwnerForbidden("The caller must be bound to no owner, for this is about all jobs, but is bound to one.");
    }

    private async Task DemandAsync(HttpContext context)
    {
        switch (access.Kind)
        {
            case AccessKind.Policies:
                await PolicyAccess.DemandAsync(context, access.Policies[rule.Role], rule).ConfigureAwait(false);
                break;
            case AccessKind.LocalOnly when LocalCaller.Is(context):
            case AccessKind.Anonymous when context.RequestServices.GetRequiredService<IHostEnvironment>().IsDevelopment():
                break;
            case AccessKind.Token:
                await TokenAccess.DemandAsync(context, http, access.Token!, rule).ConfigureAwait(false);
                break;
            case AccessKind.Undecided when IsGuardedOutside(context):
                break;
            case AccessKind.LocalOnly:
                throw ApiProblem.Forbidden("The caller must be on this machine, without a proxy between, but is not.");
            default:
                throw ApiProblem.Forbidden("Who may call must be decided by the application, but is not.");
        }
    }

    private ValueTask<bool> MayAsync(HttpContext context, Role role) => access.Kind switch
    {
        AccessKind.Policies => PolicyAccess.MayAsync(context, access.Policies[role]),
        _ => new(true), // what let the caller in grants all
    };

    /// <summary>Metadata of the application's own, such as a group's, is enforced by its middleware (and refused by ASP.NET Core where that is missing).</summary>
    public static bool IsGuardedOutside(HttpContext context)
        => context.GetEndpoint()?.Metadata is { } metadata && metadata.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<IAllowAnonymous>() is null;

    private void CheckQuery(HttpRequest request)
    {
        if (rule.IsPage)
            return;
        foreach (var name in request.Query.Keys)
        {
            if (!rule.Query.Contains(name))
            {
                var known = rule.Query.Count == 0 ? "there are none here" : "those here are " + string.Join(", ", rule.Query);
                throw ApiProblem.UnknownParameter($"A parameter must be known, but {Quoted.Text(name)} is not: {known}.");
            }
        }
    }
}
