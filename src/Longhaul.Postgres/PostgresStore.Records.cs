using Longhaul.Storage;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <content>The audit, and notes under a key.</content>
public sealed partial class PostgresStore
{
    /// <inheritdoc/>
    public Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var clean = record.Cleaned();
        return _database.RunAsync(
            async (connection, cancel) =>
            {
                using var command = connection.Command(_database.Sql["Records.Audit"]).With(_database.Now)
                    .With(clean.By).With(clean.Action).With(clean.Target).With(clean.Reason).With(clean.Outcome).With(clean.Origin);
                _ = await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken)
    {
        var before = Paging.After(page) ?? long.MaxValue;
        return _database.ReadAsync(
            async (connection, cancel) =>
            {
                var found = new List<(long Sequence, AuditRecord Record)>();
                using var command = connection.Command(_database.Sql["Records.AuditPage"]).With(before).With(page.Limit + 1);
                using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                {
                    found.Add((rows.GetInt64(0), new()
                    {
                        At = Moments.Moment(rows.GetInt64(1)),
                        By = rows.TextOrNull(2),
                        Action = rows.GetString(3),
                        Target = rows.TextOrNull(4),
                        Reason = rows.TextOrNull(5),
                        Outcome = rows.GetString(6),
                        Origin = rows.TextOrNull(7),
                    }));
                }

                var read = Paging.Of(found, page.Limit, static line => line.Sequence);
                return new Page<AuditRecord>([.. read.Items.Select(static line => line.Record)], read.Next);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken)
    {
        StorageText.CheckNote(key, note.Length);
        return _database.RunAsync<ReadOnlyMemory<byte>>(
            async (connection, cancel) =>
            {
                using var command = connection.Command(_database.Sql["Records.Keep"])
                    .With(key).With(NpgsqlDbType.Bytea, note).With(Moments.From(keepFor)).With(_database.Now);
                return (byte[])(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken)
    {
        StorageText.CheckNoteKey(key);
        return _database.ReadAsync<ReadOnlyMemory<byte>?>(
            async (connection, cancel) =>
            {
                using var command = connection.Command(_database.Sql["Records.Note"]).With(key).With(_database.Now);
                return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is byte[] note ? note.AsMemory() : default(ReadOnlyMemory<byte>?);
            },
            cancellationToken);
    }
}
