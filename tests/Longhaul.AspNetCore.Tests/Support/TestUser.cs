using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>Believes a header: <c>user;roles;owner</c>.</summary>
internal sealed class TestUser(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Header = "X-Test-User";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header] is not [{ } header])
            return Task.FromResult(AuthenticateResult.NoResult());
        var parts = header.Split(';');
        List<Claim> claims = [new(ClaimTypes.Name, parts[0]), .. parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static role => new Claim("role", role))];
        if (parts[2].Length > 0)
            claims.Add(new Claim("owner", parts[2]));
        var identity = new ClaimsIdentity(claims, Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }
}
