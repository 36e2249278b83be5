using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>What two stores say of a content without it being read.</summary>
internal static class ContentTag
{
    private const int Md5Length = 32;

    /// <returns>Null: what they say does not decide it.</returns>
    public static bool? Compare(StoredObject one, StoredObject other)
    {
        if (one.Tag is not { } a || other.Tag is not { } b)
            return null;
        if (IsMd5(a) && IsMd5(b))
            return string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
        return null; // the tag of an object that came in pieces depends on how it was cut
    }

    private static bool IsMd5(string tag) => tag.Length == Md5Length && tag.All(char.IsAsciiHexDigit);
}
