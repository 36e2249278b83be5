namespace Longhaul.Sqlite;

/// <summary>What the living workers take, from which queues. Read when first asked.</summary>
internal sealed class Coverage(Connection db)
{
    private List<(HashSet<string>? Queues, HashSet<string> Names)>? _workers;

    /// <summary>Whether a living worker takes this name from this queue.</summary>
    public bool Takes(string queue, string name)
        => (_workers ??= Load()).Exists(worker => worker.Names.Contains(name) && worker.Queues?.Contains(queue) != false);

    private List<(HashSet<string>?, HashSet<string>)> Load()
    {
        var workers = new List<(HashSet<string>?, HashSet<string>)>();
        using var rows = db.PrepareOnce(SqlText.Of("Read.LiveWorkers")); // asked while another statement of this connection is read
        while (rows.Step())
            workers.Add((rows.IsNull(0) ? null : [.. Json.List(rows.Text(0))], [.. Json.List(rows.Text(1))]));
        return workers;
    }
}
