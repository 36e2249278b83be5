namespace Longhaul.Storage;

/// <summary>Which failed jobs. All that is set must match.</summary>
public sealed record FailureFilter
{
    /// <summary>A queue, or a pattern with <c>*</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>A job name, or a pattern with <c>*</c>.</summary>
    public string? Name { get; init; }

    /// <summary>An owner.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether a job matches.</summary>
    public bool Matches(string queue, string name, string? owner)
        => (Queue is null || StorageText.Matches(queue, Queue)) && (Name is null || StorageText.Matches(name, Name)) && (Owner is null || Owner == owner);
}

/// <summary>What a failed job ended with.</summary>
/// <param name="Job">The job.</param>
/// <param name="Name">Its name.</param>
/// <param name="ErrorType">The type of its last error.</param>
/// <param name="ErrorMessage">That error's message.</param>
/// <param name="FinishedAt">When it failed.</param>
public sealed record FailureRecord(JobId Job, string Name, string ErrorType, string ErrorMessage, DateTimeOffset FinishedAt)
{
    /// <summary>That of a failed job; null: it has no error on record.</summary>
    internal static FailureRecord? Of(JobRecord job)
        => job is { Error: { } error, FinishedAt: { } at } ? new(job.Id, job.Name, error.Type, error.Message, at) : null;
}
