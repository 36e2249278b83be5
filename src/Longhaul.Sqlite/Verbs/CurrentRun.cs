namespace Longhaul.Sqlite;

/// <summary>A job's row in <c>lh_run</c> as its end needs it.</summary>
internal sealed record CurrentRun
{
    public required long Id { get; init; }

    public required long Token { get; init; }

    public required long Session { get; init; }

    public required long Claimed { get; init; }

    public required long Fence { get; init; }

    public required Lane Lane { get; init; }

    public required long Priority { get; init; }

    public required long Due { get; init; }

    public required int RunNumber { get; init; }

    /// <summary>Grows while the run writes what only some jobs have.</summary>
    public required JobFlags Flags { get; set; }

    /// <summary>Whether its handler has begun.</summary>
    public bool Begun { get; init; }

    public Storage.RunOrderKind? Order { get; init; }

    public string? OrderedBy { get; init; }

    public string? OrderedReason { get; init; }

    public bool IsHook => Flags.HasFlag(JobFlags.Hook);

    public Place Place => new(Id, Lane, Priority, Flags);
}
