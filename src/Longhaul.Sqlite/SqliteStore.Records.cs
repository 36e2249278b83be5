using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <content>The audit, and notes under a key.</content>
public sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var clean = record.Cleaned();
        return Writer.RunAsync(
            tx =>
            {
                var line = tx.Db.Get("Records.Audit").Set(1, tx.Now).Set(2, clean.By).Set(3, clean.Action).Set(4, clean.Target).Set(5, clean.Reason)
                    .Set(6, clean.Outcome).Set(7, clean.Origin);
                if (!line.First())
                    throw new StoreException(AuditChain.NoHead);
                var (number, hash) = (line.Long(0), AuditChain.HashOf(line.Bytes(1), line.Bytes(2)));
                line.Reset();
                tx.Db.Get("Records.AuditHead").Set(1, number).SetBlob(2, hash).Run();
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoreSize>> MeasureAsync(CancellationToken cancellationToken)
    {
        FileInfo file = new(_file.Path), wal = new(_file.Path + "-wal");
        return Task.FromResult<IReadOnlyList<StoreSize>>(!file.Exists ? [] : [new("file", file.Length), new("wal", wal.Exists ? wal.Length : 0)]);
    }

    /// <inheritdoc/>
    public Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken)
    {
        var before = Paging.After(page) ?? long.MaxValue;
        return ReadAsync(
            () => _file.Read(db =>
            {
                var found = new List<(long Seq, AuditRecord Record)>();
                var rows = db.Get("Records.AuditPage").Set(1, before).Set(2, page.Limit + 1);
                while (rows.Step())
                {
                    found.Add((rows.Long(0), new AuditRecord
                    {
                        At = StoreClock.Moment(rows.Long(1)),
                        By = rows.TextOrNull(2),
                        Action = rows.Text(3),
                        Target = rows.TextOrNull(4),
                        Reason = rows.TextOrNull(5),
                        Outcome = rows.Text(6),
                        Origin = rows.TextOrNull(7),
                    }));
                }

                var paged = Paging.Of(found, page.Limit, static each => each.Seq);
                return new Page<AuditRecord>([.. paged.Items.Select(static each => each.Record)], paged.Next);
            }),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken)
    {
        StorageText.CheckNote(key, note.Length);
        var mine = note.ToArray();
        return Writer.RunAsync<ReadOnlyMemory<byte>>(
            tx =>
            {
                var until = StoreClock.Later(tx.Now, keepFor);
                if (tx.Db.Get("Records.Keep").Set(1, key).SetBlob(2, mine).Set(3, until).Set(4, tx.Now).RunCounted() > 0)
                    return mine;
                var row = tx.Db.Get("Records.Note").Set(1, key);
                _ = row.First();
                var kept = row.Bytes(0).ToArray();
                row.Reset();
                return kept;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken)
    {
        StorageText.CheckNoteKey(key);
        return ReadAsync<ReadOnlyMemory<byte>?>(
            () => _file.Read(db =>
            {
                var row = db.Get("Records.NoteNow").Set(1, key).Set(2, _clock.Now);
                ReadOnlyMemory<byte>? note = row.First() ? row.Bytes(0).ToArray() : default(ReadOnlyMemory<byte>?);
                row.Reset();
                return note;
            }),
            cancellationToken);
    }
}
