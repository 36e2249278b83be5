namespace Longhaul.Storage;

/// <summary>What somebody did, or was refused.</summary>
public sealed record AuditRecord
{
    /// <summary>The store's clock; what a writer says is ignored.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Who; null: unknown.</summary>
    public string? By { get; init; }

    /// <summary>What, such as <c>cancel</c> or <c>pause queue</c>.</summary>
    public required string Action { get; init; }

    /// <summary>To what: a job's id, a queue, a worker, a filter.</summary>
    public string? Target { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>What became of it, such as <c>done</c> or <c>forbidden</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>From where: the caller's address.</summary>
    public string? Origin { get; init; }

    /// <summary>The record as stores keep it: <see cref="StorageText.Clean"/>, cut to 256 characters, the reason to 1,000.</summary>
    public AuditRecord Cleaned() => this with
    {
        By = Cut(By),
        Action = Cut(Action)!,
        Target = Cut(Target),
        Reason = Cut(Reason, 1_000),
        Outcome = Cut(Outcome)!,
        Origin = Cut(Origin),
    };

    internal static NotSupportedException NotKept()
        => new("This store must keep an audit and notes for that, but does not (StoreCapabilities.Records). Use a store that does.");

    private static string? Cut(string? text, int length = 256) => text is null ? null : StorageText.Clean(text, length);
}
