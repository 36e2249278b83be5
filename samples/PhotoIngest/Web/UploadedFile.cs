namespace PhotoIngest.Web;

/// <summary>What became of the files of an upload, in their order.</summary>
internal sealed record UploadAnswer(IReadOnlyList<UploadedFile> Files);

/// <summary>What became of one.</summary>
/// <param name="Name">As it is shown.</param>
/// <param name="Outcome">Whether it is in.</param>
/// <param name="Uuid">The photo; null: it is none.</param>
/// <param name="Reason">Why it was refused.</param>
internal sealed record UploadedFile(string Name, UploadOutcome Outcome, string? Uuid, string? Reason);

internal enum UploadOutcome
{
    /// <summary>It is new; its preview is on the way.</summary>
    Added = 0,

    /// <summary>The same content came before.</summary>
    Known = 1,

    /// <summary>It is no photo, or too large.</summary>
    Refused = 2,
}
