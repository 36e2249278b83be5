using System.Runtime.CompilerServices;
using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Goes through all rows of a site that may hold an address, and changes nothing. Memory holds one batch.</summary>
internal sealed class SiteWalk(ISiteDatabase site, IReadOnlyList<string> needles, int batchSize, CommandOutput output, TimeProvider time, string? phase = null)
{
    private const long MostAtOnce = 4 << 20;

    /// <summary>Rows in tables that cannot be walked, which hold an address.</summary>
    public long Skipped { get; private set; }

    public async IAsyncEnumerable<(SiteTable Table, SiteRow Row)> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tables = await site.ReadTablesAsync(cancellationToken);
        var pace = new ProgressPace(output, time, tables.Sum(static table => table.Rows));
        foreach (var table in tables)
        {
            if (table.SkippedBecause is not null)
            {
                Skipped += await TellSkippedAsync(site, table, needles, output, cancellationToken);
                continue;
            }

            var (after, isMore) = ("", true);
            while (isMore)
            {
                var batch = await site.ScanAsync(table, needles, after, batchSize, cancellationToken);
                foreach (var upTo in Pieces(batch.Hits))
                {
                    foreach (var row in await site.ReadAsync(table, needles, after, upTo.Key, cancellationToken))
                        yield return (table, row);
                    after = upTo.Key;
                }

                after = batch.Upper ?? after;
                isMore = batch.Rows == batchSize;
                pace.Add(phase ?? table.Name, batch.Rows);
            }
        }

        pace.End();
    }

    /// <summary>Cuts hits so that their texts fit into memory: the last hit of each piece.</summary>
    public static IEnumerable<Hit> Pieces(IReadOnlyList<Hit> hits)
    {
        var size = 0L;
        for (var i = 0; i < hits.Count; i++)
        {
            size += hits[i].Size;
            if (i + 1 < hits.Count && size + hits[i + 1].Size <= MostAtOnce)
                continue;
            yield return hits[i];
            size = 0;
        }
    }

    /// <summary>Says why a table is left out, and how many of its rows hold an address.</summary>
    public static async Task<long> TellSkippedAsync(ISiteDatabase site, SiteTable table, IReadOnlyList<string> needles, CommandOutput output, CancellationToken cancellationToken)
    {
        var rows = await site.CountAsync(table, needles, cancellationToken);
        output.Line($"SKIPPED {table.Name}: {table.SkippedBecause}; {rows} of its rows hold an address");
        return rows;
    }
}
