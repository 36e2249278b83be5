namespace PhotoIngest.Library;

/// <summary>How long a folder took over all starts of <c>./demo</c>: noted as time goes by, so that a killed one counts too.</summary>
internal sealed class Sittings(LibraryDb db, TimeProvider time)
{
    private double Now => time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    public long Begin(string folder)
    {
        using var connection = db.Open();
        return connection.Query("INSERT INTO sittings (folder, began_at, seen_at) VALUES ($1, $2, $2) RETURNING id", row => row.GetInt64(0), folder, Now).Single();
    }

    public void Touch(long sitting)
    {
        using var connection = db.Open();
        connection.Execute("UPDATE sittings SET seen_at = max(seen_at, $2) WHERE id = $1", sitting, Now);
    }

    public void Forget(long sitting)
    {
        using var connection = db.Open();
        connection.Execute("DELETE FROM sittings WHERE id = $1", sitting);
    }

    public double Seconds(string folder)
    {
        using var connection = db.Open();
        return connection.Query("SELECT total(seen_at - began_at) FROM sittings WHERE folder = $1", row => row.GetDouble(0), folder).Single();
    }
}
