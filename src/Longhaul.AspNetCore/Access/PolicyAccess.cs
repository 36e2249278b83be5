using Longhaul.AspNetCore.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Access;

/// <summary>
/// Asks the application's policies. The authorisation middleware is not relied on: whether it runs, and before what, is the application's to say,
/// and its refusals would lack our headers and problem details.
/// </summary>
internal static class PolicyAccess
{
    public static async ValueTask<bool> MayAsync(HttpContext context, string policyName)
        => (await EvaluateAsync(context, policyName).ConfigureAwait(false)).Result.Succeeded;

    /// <exception cref="ApiProblem">The caller may not.</exception>
    public static async Task DemandAsync(HttpContext context, string policyName, EndpointRule rule)
    {
        var (result, policy) = await EvaluateAsync(context, policyName).ConfigureAwait(false);
        if (result.Succeeded)
            return;
        if (!result.Challenged)
            throw ApiProblem.Forbidden($"The caller must have the role {rule.Role.ToString().ToLowerInvariant()}, but has not. Ask who runs this application.");

        await ChallengeAsync(context, policy).ConfigureAwait(false);
        if (rule.IsPage && context.Response.StatusCode is >= 300 and < 400)
            throw new AnsweredException(); // to the application's login
        context.Response.Headers.Location = default;
        throw ApiProblem.Unauthenticated();
    }

    private static async ValueTask<(PolicyAuthorizationResult Result, AuthorizationPolicy Policy)> EvaluateAsync(HttpContext context, string policyName)
    {
        var services = context.RequestServices;
        var policy = await services.GetRequiredService<IAuthorizationPolicyProvider>().GetPolicyAsync(policyName).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"An authorisation policy must be named that the application has, but it has no '{policyName}'. Add it with AddAuthorization.");
        var evaluator = services.GetRequiredService<IPolicyEvaluator>();
        var authenticated = await evaluator.AuthenticateAsync(policy, context).ConfigureAwait(false);
        return (await evaluator.AuthorizeAsync(policy, authenticated, context, context).ConfigureAwait(false), policy);
    }

    private static async Task ChallengeAsync(HttpContext context, AuthorizationPolicy policy)
    {
        foreach (var scheme in policy.AuthenticationSchemes)
            await context.ChallengeAsync(scheme).ConfigureAwait(false);
        if (policy.AuthenticationSchemes.Count == 0
            && context.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes
            && await schemes.GetDefaultChallengeSchemeAsync().ConfigureAwait(false) is { } byDefault)
        {
            await context.ChallengeAsync(byDefault.Name).ConfigureAwait(false);
        }
    }
}

/// <summary>The answer has been made: nothing is to be added.</summary>
internal sealed class AnsweredException : Exception;
