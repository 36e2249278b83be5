using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>A large object on its way.</summary>
/// <param name="Token">Names it in the target.</param>
/// <param name="Length">The object's bytes.</param>
/// <param name="Changed">When the object was written last.</param>
/// <param name="Tag">What the source says of its content.</param>
/// <param name="Pieces">The SHA-256 of each piece so far.</param>
internal sealed record PendingUpload(string Token, long Length, DateTimeOffset Changed, string? Tag, IReadOnlyList<string> Pieces)
{
    /// <summary>Whether it is of this very content.</summary>
    public bool IsOf(StoredObject stored) => (Length, Changed, Tag) == (stored.Length, stored.Changed, stored.Tag);
}
