using System.Globalization;
using Longhaul;
using Microsoft.Data.Sqlite;
using PhotoIngest.Imaging;

namespace PhotoIngest.Library;

/// <summary>What the jobs write and read. Each call may be repeated: a job that was killed half-way runs again.</summary>
internal sealed class PhotoLibrary(LibraryDb db, TimeProvider time)
{
    private const string PhotoColumns = "uuid, hash, extension, name, bytes, state, confirmed, preview_size, taken_in_by";

    /// <exception cref="FailNowException">There is none.</exception>
    public Photo Get(string uuid)
    {
        using var connection = db.Open();
        return connection.Query($"SELECT {PhotoColumns} FROM photos WHERE uuid = $1", ReadPhoto, uuid).FirstOrDefault()
            ?? throw new FailNowException($"no photo has the uuid '{uuid}'");
    }

    public bool Has(string uuid)
    {
        using var connection = db.Open();
        return connection.Query("SELECT 1 FROM photos WHERE uuid = $1", reader => reader.GetInt32(0), uuid).Count > 0;
    }

    /// <summary>The photo that an earlier walk has found in this file, if the file has not changed since.</summary>
    public Photo? Find(SourceFile file)
    {
        using var connection = db.Open();
        return connection.Query(
            $"SELECT {PhotoColumns} FROM photos WHERE uuid = (SELECT uuid FROM files WHERE folder = $1 AND path = $2 AND bytes = $3 AND modified = $4)",
            ReadPhoto, file.Folder, file.Path, file.Bytes, file.Modified).FirstOrDefault();
    }

    /// <summary>Notes a file and its photo; returns the photo as it stands, for others may have brought the same content before.</summary>
    public Photo Add(SourceFile file, Photo photo, long job) => db.Transact(connection =>
    {
        connection.Execute(
            """
            INSERT INTO photos (uuid, hash, extension, name, bytes, state, confirmed, taken_in_by) VALUES ($1, $2, $3, $4, $5, 'Uploaded', $6, $7)
            ON CONFLICT (uuid) DO UPDATE SET confirmed = max(confirmed, excluded.confirmed), taken_in_by = excluded.taken_in_by
            """,
            photo.Uuid, photo.Hash, photo.Extension, photo.Name, photo.Bytes, photo.Confirmed, job);
        AddFile(connection, file, photo.Uuid, reason: null);
        return connection.Query($"SELECT {PhotoColumns} FROM photos WHERE uuid = $1", ReadPhoto, photo.Uuid).Single();
    });

    /// <summary>Notes a photo that somebody sent; one that was given up begins anew. Tells it as it stands, and whether it is new.</summary>
    public (Photo Photo, bool IsNew) AddSent(Photo photo) => db.Transact(connection =>
    {
        var isNew = connection.Execute(
            """
            INSERT INTO photos (uuid, hash, extension, name, bytes, state) VALUES ($1, $2, $3, $4, $5, 'Uploaded')
            ON CONFLICT (uuid) DO NOTHING
            """,
            photo.Uuid, photo.Hash, photo.Extension, photo.Name, photo.Bytes) > 0;
        connection.Execute("UPDATE photos SET state = 'Uploaded', reason = NULL WHERE uuid = $1 AND state = 'Failed'", photo.Uuid);
        return (connection.Query($"SELECT {PhotoColumns} FROM photos WHERE uuid = $1", ReadPhoto, photo.Uuid).Single(), isNew);
    });

    public void AddUnreadable(SourceFile file, string reason)
    {
        using var connection = db.Open();
        AddFile(connection, file, uuid: null, reason);
    }

    /// <summary>A walk wants more of a photo than the one that brought it: one that was given up begins anew.</summary>
    public Photo TakeOver(Photo photo, bool confirm, long job)
    {
        using var connection = db.Open();
        return connection.Query(
            $"""
            UPDATE photos SET taken_in_by = $2, confirmed = max(confirmed, $3), reason = NULL, state = iif(state = 'Failed', 'Uploaded', state)
            WHERE uuid = $1 RETURNING {PhotoColumns}
            """,
            ReadPhoto, photo.Uuid, job, confirm).Single();
    }

    /// <summary>Preview and thumbnail are in place. Tells whether the photo is confirmed.</summary>
    public bool SetPreviewed(string uuid, int previewSize)
    {
        using var connection = db.Open();
        return connection.Query(
            """
            UPDATE photos SET preview_size = $2, reason = NULL, state = iif(state = 'Ingested', state, 'Previewed')
            WHERE uuid = $1 RETURNING confirmed
            """,
            reader => reader.GetBoolean(0), uuid, previewSize).Single();
    }

    public void SetPreviewSize(string uuid, int size)
    {
        using var connection = db.Open();
        connection.Execute("UPDATE photos SET preview_size = $2 WHERE uuid = $1", uuid, size);
    }

    /// <summary>Chooses photos for the library. Returns those that have their previews; the others go on by themselves once they have.</summary>
    public IReadOnlyList<string> Confirm(IEnumerable<string> uuids) => db.Transact(connection => (IReadOnlyList<string>)[.. uuids.SelectMany(uuid =>
        connection.Query("UPDATE photos SET confirmed = 1 WHERE uuid = $1 RETURNING iif(state = 'Previewed', uuid, NULL)", reader => reader[0] as string, uuid)).OfType<string>()]);

    /// <summary>Confirmed photos of a folder that have come to no end yet.</summary>
    public IReadOnlyList<Photo> Open(string folder)
    {
        using var connection = db.Open();
        return connection.Query(
            $"SELECT {PhotoColumns} FROM photos WHERE uuid IN (SELECT uuid FROM files WHERE folder = $1) AND confirmed AND state IN ('Uploaded', 'Previewed')",
            ReadPhoto, folder);
    }

    /// <summary>Photos whose next job may be missing, since who was to enqueue it was killed: those that were sent, and those that were confirmed.</summary>
    public IReadOnlyList<Photo> Left()
    {
        using var connection = db.Open();
        return connection.Query(
            $"SELECT {PhotoColumns} FROM photos WHERE (state = 'Uploaded' AND taken_in_by IS NULL) OR (state = 'Previewed' AND confirmed)", ReadPhoto);
    }

    /// <summary>Photos that somebody may still choose: not confirmed, and not given up.</summary>
    public IReadOnlyList<string> Unconfirmed()
    {
        using var connection = db.Open();
        return connection.Query("SELECT uuid FROM photos WHERE NOT confirmed AND state IN ('Uploaded', 'Previewed')", reader => reader.GetString(0));
    }

    /// <summary>The photo is in its permanent place. However often this is called there is one row.</summary>
    public void AddImage(Photo photo, PhotoMetadata metadata) => db.Transact(connection =>
    {
        connection.Execute(
            """
            INSERT INTO images (uuid, content_hash, path, name, bytes, format, width, height, camera, lens, taken_at, latitude, longitude, ingested_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (uuid) DO NOTHING
            """,
            photo.Uuid, photo.Hash, LibraryPaths.Permanent(photo), photo.Name, photo.Bytes, metadata.Format, metadata.Width, metadata.Height,
            metadata.Camera, metadata.Lens, metadata.TakenAt?.ToString("s", CultureInfo.InvariantCulture), metadata.Latitude, metadata.Longitude,
            time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
        return connection.Execute("UPDATE photos SET state = 'Ingested', reason = NULL WHERE uuid = $1", photo.Uuid);
    });

    /// <summary>The photo is given up; one that is in the library already stays there.</summary>
    public void Fail(string uuid, string reason)
    {
        using var connection = db.Open();
        connection.Execute("UPDATE photos SET state = 'Failed', reason = $2 WHERE uuid = $1 AND state <> 'Ingested'", uuid, reason);
    }

    private static void AddFile(SqliteConnection connection, SourceFile file, string? uuid, string? reason) => connection.Execute(
        """
        INSERT INTO files (folder, path, bytes, modified, uuid, reason) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (folder, path) DO UPDATE SET bytes = excluded.bytes, modified = excluded.modified, uuid = excluded.uuid, reason = excluded.reason
        """,
        file.Folder, file.Path, file.Bytes, file.Modified, uuid, reason);

    private static Photo ReadPhoto(SqliteDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4))
        {
            State = Enum.Parse<PhotoState>(row.GetString(5)),
            Confirmed = row.GetBoolean(6),
            PreviewSize = row.IsDBNull(7) ? null : row.GetInt32(7),
            TakenInBy = row.IsDBNull(8) ? null : row.GetInt64(8),
        };
}
