namespace Longhaul.AspNetCore.Access;

/// <summary>What a caller may do. Each is a decision of its own: an admin policy need not grant the others.</summary>
internal enum Role
{
    /// <summary>Look.</summary>
    View,

    /// <summary>Enqueue and steer.</summary>
    Operate,

    /// <summary>Delete, clear, stop workers.</summary>
    Admin,

    /// <summary>Nothing is needed: the address itself is the proof.</summary>
    Nobody,
}

/// <summary>What holds for one endpoint, beside its route.</summary>
/// <param name="Role">Who may call it.</param>
internal sealed record EndpointRule(Role Role)
{
    /// <summary>Whether it tells of, or acts on, more than one owner's jobs.</summary>
    public bool OfTheWhole { get; init; }

    /// <summary>Whether it is a page or a file rather than the API.</summary>
    public bool IsPage { get; init; }

    /// <summary>The parameters of its query.</summary>
    public IReadOnlyCollection<string> Query { get; init; } = [];
}
