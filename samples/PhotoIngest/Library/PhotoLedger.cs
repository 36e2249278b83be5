namespace PhotoIngest.Library;

/// <summary>What people ask of a folder: how many, what failed and why, what was there twice, how long it took. All from the database.</summary>
internal sealed class PhotoLedger(LibraryDb db)
{
    public PhotoCounts Count(string folder)
    {
        using var connection = db.Open();
        return connection.Query(
            """
            WITH mine AS (SELECT p.* FROM photos p WHERE p.uuid IN (SELECT f.uuid FROM files f WHERE f.folder = $1))
            SELECT (SELECT count(*) FROM files WHERE folder = $1),
                (SELECT count(*) FROM files WHERE folder = $1 AND uuid IS NULL),
                count(*), count(preview_size), total(state = 'Ingested'), total(state = 'Failed')
            FROM mine
            """,
            row => new PhotoCounts(row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5)),
            folder).Single();
    }

    /// <summary>Files that are no photos, and photos that could not be read: each once, in the order of their names.</summary>
    public IReadOnlyList<PhotoFailure> Failures(string folder)
    {
        using var connection = db.Open();
        return connection.Query(
            """
            SELECT path, reason FROM files WHERE folder = $1 AND uuid IS NULL
            UNION ALL
            SELECT min(f.path), p.reason FROM files f JOIN photos p ON p.uuid = f.uuid WHERE f.folder = $1 AND p.state = 'Failed' GROUP BY p.uuid
            ORDER BY 1
            """,
            row => new PhotoFailure(row.GetString(0), row.GetString(1)),
            folder);
    }

    /// <summary>Files whose content came under another name too: the first name stands for the photo.</summary>
    public IReadOnlyList<PhotoDuplicate> Duplicates(string folder)
    {
        using var connection = db.Open();
        return connection.Query(
            """
            SELECT f.path, first.path FROM files f
            JOIN (SELECT uuid, min(path) AS path FROM files WHERE folder = $1 AND uuid IS NOT NULL GROUP BY uuid HAVING count(*) > 1) first ON first.uuid = f.uuid
            WHERE f.folder = $1 AND f.path <> first.path ORDER BY 1
            """,
            row => new PhotoDuplicate(row.GetString(0), row.GetString(1)),
            folder);
    }
}

/// <summary>A folder in numbers.</summary>
/// <param name="Files">Files met.</param>
/// <param name="Unreadable">Files that are no photos.</param>
/// <param name="Distinct">Photos by content.</param>
/// <param name="Previewed">Those with preview and thumbnail.</param>
/// <param name="Ingested">Those in the library.</param>
/// <param name="Failed">Those that were given up.</param>
internal sealed record PhotoCounts(int Files, int Unreadable, int Distinct, int Previewed, int Ingested, int Failed)
{
    /// <summary>What the folder offered: photos by content, and files that turned out to be none.</summary>
    public int Photos => Distinct + Unreadable;

    public int Failures => Failed + Unreadable;

    public int Open => Distinct - Ingested - Failed;
}

internal sealed record PhotoFailure(string File, string Reason);

internal sealed record PhotoDuplicate(string File, string Of);
