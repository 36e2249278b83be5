using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace StorageMigration.Web;

/// <summary>Asks the host's policy whether the caller may use the migration.</summary>
internal sealed class PermissionFilter(
    IOptions<MigrationOptions> options, IAuthorizationPolicyProvider policies, IPolicyEvaluator evaluator, ILogger<PermissionFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var name = options.Value.Policy is { Length: > 0 } given ? given : LocalCaller.Policy;
        var policy = await policies.GetPolicyAsync(name)
            ?? throw new InvalidOperationException($"Migration:Policy must name an authorisation policy of the host, but there is no '{name}'. Add it with AddAuthorization.");
        var authenticated = await evaluator.AuthenticateAsync(policy, http);
        if ((await evaluator.AuthorizeAsync(policy, authenticated, http, http)).Succeeded)
            return await next(context);
        logger.LogWarning("{Caller} may not call {Path}", Callers.OwnerOf(http), http.Request.Path);
        return Refusals.Answer(StatusCodes.Status403Forbidden, "The caller must have access to the migration, but has not. Sign in, or ask who runs it.");
    }
}
