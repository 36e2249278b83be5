using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private readonly List<(long Number, AuditRecord Record)> _audit = []; // rising
    private readonly Dictionary<string, (byte[] Note, long Until)> _notes = new(StringComparer.Ordinal);
    private long _nextAudit = 1;

    /// <inheritdoc/>
    public int MostJobsTogether => 10_000;

    /// <inheritdoc/>
    public Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
            _audit.Add((_nextAudit++, record.Cleaned() with { At = At(Now()) }));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken)
    {
        var before = Cursor.Read('a', page) ?? long.MaxValue;
        lock (_gate)
        {
            var rows = Enumerable.Reverse(_audit).SkipWhile(each => each.Number >= before);
            return Task.FromResult(Cursor.Page('a', page, rows, static _ => true, static each => each.Record, static each => each.Number));
        }
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken)
    {
        StorageText.CheckNote(key, note.Length);
        lock (_gate)
        {
            var now = Now();
            if (!_notes.TryGetValue(key, out var kept) || kept.Until <= now)
                _notes[key] = kept = (note.ToArray(), After(now, keepFor));
            return Task.FromResult<ReadOnlyMemory<byte>>(kept.Note);
        }
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken)
    {
        StorageText.CheckNoteKey(key);
        lock (_gate)
            return Task.FromResult<ReadOnlyMemory<byte>?>(_notes.TryGetValue(key, out var kept) && kept.Until > Now() ? kept.Note.AsMemory() : default(ReadOnlyMemory<byte>?));
    }

    private void PruneRecords(long now)
    {
        var old = At(now) - JobDefaults.AuditRetention;
        _audit.RemoveRange(0, _audit.TakeWhile(each => each.Record.At < old).Count());
        foreach (var (key, note) in _notes)
        {
            if (note.Until <= now)
                _notes.Remove(key); // removing while enumerating is allowed
        }
    }
}
