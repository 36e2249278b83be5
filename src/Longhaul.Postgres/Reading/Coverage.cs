using Npgsql;

namespace Longhaul.Postgres;

/// <summary>What the living workers take, from which queues, and the store's time.</summary>
internal sealed class Coverage
{
    private readonly List<(HashSet<string> Names, HashSet<string>? Queues)> _workers = [];

    public long Now { get; private set; }

    /// <summary>Asks for it, in one round trip with what comes after.</summary>
    public static void Ask(NpgsqlBatch batch, Database database)
        => batch.Add(database.Sql["Read.LiveWorkers"]).With(NpgsqlTypes.NpgsqlDbType.Bigint, database.Now);

    public static async Task<Coverage> ReadAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var coverage = new Coverage();
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            coverage.Now = rows.GetInt64(0);
            if (rows.TextsOrNull(1) is { } names)
                coverage._workers.Add(([.. names], rows.TextsOrNull(2)?.ToHashSet()));
        }

        return coverage;
    }

    /// <summary>Whether a living worker takes this name from this queue.</summary>
    public bool Takes(string queue, string name) => _workers.Exists(worker => worker.Names.Contains(name) && worker.Queues?.Contains(queue) != false);
}
