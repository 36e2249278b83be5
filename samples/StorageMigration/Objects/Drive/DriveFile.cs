namespace StorageMigration.Objects.Drive;

/// <summary>A file or folder as Google Drive tells of it.</summary>
internal sealed record DriveFile(string Id, string Name, string MimeType, long? Size = null, string? Md5Checksum = null, DateTimeOffset ModifiedTime = default)
{
    public const string FolderType = "application/vnd.google-apps.folder";
    public const string Fields = "id,name,mimeType,size,md5Checksum,modifiedTime";

    private const string OwnTypes = "application/vnd.google-apps.";
    private const string ShortcutType = "application/vnd.google-apps.shortcut";

    public bool IsFolder => MimeType == FolderType;

    /// <summary>Why it has no bytes; null: it has.</summary>
    public string? NoBytes => MimeType == ShortcutType ? "it is a shortcut to another file"
        : MimeType.StartsWith(OwnTypes, StringComparison.Ordinal) ? $"Google documents have no bytes of their own ({MimeType}): export it"
        : Size is null ? $"Google Drive tells no size of it ({MimeType})"
        : null;

    public StoredObject Describe(string key, string place) => new(key, place, Size ?? 0, ModifiedTime, Md5Checksum, Id, MimeType, NoBytes);
}

/// <summary>A page of a listing.</summary>
internal sealed record DrivePage(IReadOnlyList<DriveFile>? Files = null, string? NextPageToken = null, bool IncompleteSearch = false);
