namespace StorageMigration.Objects;

/// <summary>An object as a listing shows it.</summary>
/// <param name="Key">Names it in its store, with <c>/</c> between folders.</param>
/// <param name="Place">Where the listing stands behind it; in folders and buckets the key.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Changed">When it was written last.</param>
/// <param name="Tag">What the store says of its content without it being read (S3's ETag, Drive's checksum); null: nothing.</param>
/// <param name="Id">The store's own name for it, where that is not the key (Drive).</param>
/// <param name="ContentType">What the listing says of its kind; null: nothing.</param>
/// <param name="NoBytes">Why it has no bytes that could be copied (a Google document); null: it has.</param>
internal sealed record StoredObject(
    string Key, string Place, long Length, DateTimeOffset Changed, string? Tag = null, string? Id = null, string? ContentType = null, string? NoBytes = null);
