using Longhaul.AspNetCore.Access;
using Microsoft.AspNetCore.Builder;

namespace Longhaul;

/// <summary>What <c>MapLonghaul</c> has mapped, to be told who may call. Without one of these calls the application stops at its start.</summary>
public sealed class LonghaulEndpoints : IEndpointConventionBuilder
{
    private readonly IEndpointConventionBuilder _group;
    private readonly AccessDecision _access;
    private readonly string _prefix;

    internal LonghaulEndpoints(IEndpointConventionBuilder group, AccessDecision access, string prefix)
        => (_group, _access, _prefix) = (group, access, prefix);

    /// <summary>Asks authorisation policies of the application. One name grants all three roles.</summary>
    /// <param name="view">May look.</param>
    /// <param name="operate">May enqueue and steer jobs; null: who may look.</param>
    /// <param name="admin">May delete, clear, and stop workers; null: who may operate.</param>
    public LonghaulEndpoints RequireAuthorization(string view, string? operate = null, string? admin = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(view);
        _access.Decide(AccessKind.Policies, new Dictionary<Role, string>
        {
            [Role.View] = view,
            [Role.Operate] = operate ?? view,
            [Role.Admin] = admin ?? operate ?? view,
        });
        return this;
    }

    /// <summary>Lets in callers on this machine, for everything. A request that came through a proxy is never one of them.</summary>
    public LonghaulEndpoints AllowLocalOnly()
    {
        _access.Decide(AccessKind.LocalOnly);
        return this;
    }

    /// <summary>Lets everybody in, for everything. The application refuses to start with it outside the environment Development.</summary>
    public LonghaulEndpoints AllowAnonymousForDevelopment()
    {
        _access.Decide(AccessKind.Anonymous);
        return this;
    }

    /// <summary>
    /// Lets in who has the token, for everything: as <c>Authorization: Bearer TOKEN</c>, or in a browser by opening the dashboard with
    /// <c>?token=TOKEN</c> once. That opens a session, which ends 8 hours after its last request, 7 days after it began, or by signing out.
    /// </summary>
    /// <param name="token">At least 22 printable characters that nobody can guess.</param>
    public LonghaulEndpoints RequireToken(string token)
    {
        _access.Decide(AccessKind.Token, token: new AccessToken(token, _prefix));
        return this;
    }

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention) => _group.Add(convention);

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention) => _group.Finally(finallyConvention);
}
