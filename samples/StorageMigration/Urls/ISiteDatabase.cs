using System.Data.Common;

namespace StorageMigration.Urls;

/// <summary>The database of a site, over one connection. One caller at a time.</summary>
internal interface ISiteDatabase : IAsyncDisposable
{
    /// <summary>The connection, for what both kinds of database say in the same words.</summary>
    DbConnection Connection { get; }

    /// <summary>The transaction that is open.</summary>
    DbTransaction? Transaction { get; }

    /// <summary>The tables that hold texts, in the order of their names.</summary>
    Task<IReadOnlyList<SiteTable>> ReadTablesAsync(CancellationToken cancellationToken);

    /// <summary>How many rows of a table hold one of the needles.</summary>
    Task<long> CountAsync(SiteTable table, IReadOnlyList<string> needles, CancellationToken cancellationToken);

    /// <summary>Looks at the next rows.</summary>
    /// <param name="table">Of this table.</param>
    /// <param name="needles">What makes a row a hit.</param>
    /// <param name="after">The key behind which to begin; empty: at the beginning.</param>
    /// <param name="limit">At most so many rows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<SiteBatch> ScanAsync(SiteTable table, IReadOnlyList<string> needles, string after, int limit, CancellationToken cancellationToken);

    /// <summary>The rows behind one key and up to another that hold a needle, in a transaction locked until its end.</summary>
    Task<IReadOnlyList<SiteRow>> ReadAsync(SiteTable table, IReadOnlyList<string> needles, string after, string upTo, CancellationToken cancellationToken);

    Task BeginAsync(CancellationToken cancellationToken);

    Task CommitAsync(CancellationToken cancellationToken);

    /// <summary>No error where there is nothing to roll back.</summary>
    Task RollbackAsync();

    /// <summary>Changes rows, and keeps what they held in the backup table.</summary>
    /// <returns>The rows that the database would not have changed (by a constraint or a trigger of its own): they are as they were.</returns>
    Task<IReadOnlyList<RefusedRow>> ChangeAsync(string run, SiteTable table, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken);

    /// <summary>Whether a transaction that failed so may be tried again.</summary>
    bool IsPassing(Exception error);
}

/// <summary>A row that the database would not have changed.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Reason">What the database said.</param>
internal sealed record RefusedRow(string Key, string Reason);
