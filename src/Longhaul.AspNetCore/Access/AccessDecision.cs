namespace Longhaul.AspNetCore.Access;

/// <summary>What the application has decided about who may call; one for each <c>MapLonghaul</c>.</summary>
internal sealed class AccessDecision
{
    public AccessKind Kind { get; private set; }

    /// <summary>Names of authorisation policies, by role.</summary>
    public IReadOnlyDictionary<Role, string> Policies { get; private set; } = new Dictionary<Role, string>();

    public AccessToken? Token { get; private set; }

    public void Decide(AccessKind kind, IReadOnlyDictionary<Role, string>? policies = null, AccessToken? token = null)
    {
        if (Kind != AccessKind.Undecided)
            throw new InvalidOperationException("Who may call must be decided once for a MapLonghaul, but was decided twice. Remove one of the calls after it.");
        (Kind, Policies, Token) = (kind, policies ?? Policies, token);
    }
}

/// <summary>The kinds of <see cref="AccessDecision"/>.</summary>
internal enum AccessKind
{
    /// <summary>Nothing was said: nobody may, unless endpoint metadata of the application's own says who.</summary>
    Undecided,

    /// <summary>Policies of the application.</summary>
    Policies,

    /// <summary>Callers on this machine.</summary>
    LocalOnly,

    /// <summary>Everybody, in development.</summary>
    Anonymous,

    /// <summary>Whoever has the token.</summary>
    Token,
}
