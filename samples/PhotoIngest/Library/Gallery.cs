using System.Globalization;
using Microsoft.Data.Sqlite;

namespace PhotoIngest.Library;

/// <summary>What the pages show: photos as they stand, newest first, and whatever has changed since a look.</summary>
internal sealed class Gallery(LibraryDb db)
{
    private const string Columns =
        "p.uuid, g.arrived, g.changed, p.name, p.bytes, p.state, p.confirmed, p.preview_size, p.reason, i.camera, i.taken_at, i.width, i.height";

    private const string Tables = "gallery g JOIN photos p ON p.uuid = g.uuid LEFT JOIN images i ON i.uuid = g.uuid";

    /// <summary>A page of photos.</summary>
    /// <param name="view">Which of them.</param>
    /// <param name="before">Only those that came before this one; null: from the newest.</param>
    /// <param name="count">At most so many.</param>
    public GalleryLook Newest(GalleryView view, long? before, int count) => Look(connection => connection.Query(
        $"SELECT {Columns} FROM {Tables} WHERE g.arrived < $1 AND {Condition(view)} ORDER BY g.arrived DESC LIMIT $2", Read, before ?? long.MaxValue, count));

    /// <summary>Photos that came or changed after a look, in that order. Whether they still belong to what is shown, the reader sees.</summary>
    public GalleryLook ChangedAfter(long change, int count)
    {
        var look = Look(connection => connection.Query($"SELECT {Columns} FROM {Tables} WHERE g.changed > $1 ORDER BY g.changed LIMIT $2", Read, change, count));
        return look.Photos.Count == count ? look with { At = look.Photos[^1].Changed } : look;
    }

    public GalleryPhoto? Find(string uuid)
    {
        using var connection = db.Open();
        return connection.Query($"SELECT {Columns} FROM {Tables} WHERE g.uuid = $1", Read, uuid).SingleOrDefault();
    }

    /// <summary>All of one look are of one moment.</summary>
    private GalleryLook Look(Func<SqliteConnection, List<GalleryPhoto>> photos)
    {
        using var connection = db.Open();
        using var transaction = connection.BeginTransaction(deferred: true);
        var at = connection.Query("SELECT ifnull(max(changed), 0) FROM gallery", row => row.GetInt64(0)).Single();
        var counts = connection.Query(
            """
            SELECT count(*), total(confirmed AND state <> 'Failed'), total(NOT confirmed AND state <> 'Failed'), total(state = 'Uploaded'), total(state = 'Ingested'), total(state = 'Failed')
            FROM photos
            """,
            row => new GalleryCounts(row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5))).Single();
        return new GalleryLook(photos(connection), at, counts);
    }

    private static string Condition(GalleryView view) => view switch
    {
        GalleryView.Open => "NOT p.confirmed AND p.state <> 'Failed'",
        GalleryView.Chosen => "p.confirmed AND p.state <> 'Failed'",
        GalleryView.Failed => "p.state = 'Failed'",
        _ => "1",
    };

    private static GalleryPhoto Read(SqliteDataReader row) => new()
    {
        Uuid = row.GetString(0),
        Arrived = row.GetInt64(1),
        Changed = row.GetInt64(2),
        Name = row.GetString(3),
        Bytes = row.GetInt64(4),
        State = Enum.Parse<PhotoState>(row.GetString(5)),
        Confirmed = row.GetBoolean(6),
        PreviewSize = row.IsDBNull(7) ? null : row.GetInt32(7),
        Reason = row[8] as string,
        Camera = row[9] as string,
        TakenAt = row[10] is string taken ? DateTime.Parse(taken, CultureInfo.InvariantCulture) : null,
        Width = row.IsDBNull(11) ? null : row.GetInt32(11),
        Height = row.IsDBNull(12) ? null : row.GetInt32(12),
    };
}
