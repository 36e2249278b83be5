using System.Runtime.CompilerServices;
using System.Text.Json;
using Longhaul;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>Counts what a store holds, and may write a list of it. Stopped, it goes on behind the last batch: the counts are part of the cursor.</summary>
internal sealed class StoreListing(Patience patience, StateKeeper state, int batchSize)
{
    private static readonly ListedTo Nothing = new("", 0, 0);

    /// <param name="phase">A phase of its own.</param>
    /// <param name="store">What is listed.</param>
    /// <param name="writeTo">The file that gets a line an object; null: none.</param>
    /// <param name="look">Told of each object.</param>
    public async Task<ListedTo> CountAsync(PhaseContext phase, IObjectStore store, string? writeTo, Action<StoredObject>? look = null)
    {
        var part = writeTo is null ? null : PartOf(writeTo);
        var last = Nothing;
        await phase.ForEachAsync(
            (ListedTo? after) => BatchesAsync(store, last = after ?? Nothing, part is not null, look),
            static batch => batch.To,
            async (batch, token) =>
            {
                if (part is not null)
                    await WriteAsync(writeTo!, batch.From.Written, batch.Lines, token);
                state.Advance(batch.To.Objects - batch.From.Objects);
                last = batch.To;
            });

        if (writeTo is not null && (File.Exists(part) || !File.Exists(writeTo)))
        {
            if (!File.Exists(part))
                await WriteAsync(writeTo, 0, [], phase.CancellationToken);
            File.Move(part!, writeTo, overwrite: true);
        }

        return last;
    }

    private async IAsyncEnumerable<Batch> BatchesAsync(IObjectStore store, ListedTo from, bool write, Action<StoredObject>? look, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (to, lines, count) = (from, new List<byte>(), 0);
        await foreach (var stored in patience.ListAsync(store, from.Objects == 0 ? null : from.Place, cancellationToken))
        {
            look?.Invoke(stored);
            if (write)
                lines.AddRange([.. JsonSerializer.SerializeToUtf8Bytes(new { stored.Key, stored.Length, stored.Tag, stored.Changed }, JsonSerializerOptions.Web), (byte)'\n']);
            to = new ListedTo(stored.Place, to.Objects + 1, to.Bytes + stored.Length, from.Written + lines.Count);
            if (++count < batchSize)
                continue;
            yield return new Batch(from, to, [.. lines]);
            (from, count) = (to, 0);
            lines.Clear();
        }

        if (count > 0)
            yield return new Batch(from, to, [.. lines]);
    }

    /// <summary>A run that died may have written more than its checkpoint says.</summary>
    private static async Task WriteAsync(string writeTo, long at, byte[] lines, CancellationToken cancellationToken)
    {
        var part = PartOf(writeTo);
        Directory.CreateDirectory(Path.GetDirectoryName(part)!);
        if (at > 0 && !File.Exists(part))
            GoOnWith(writeTo, part);
        await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write);
        if (file.Length < at)
            throw new InvalidDataException($"The list must hold the {at} bytes that were written to it, but '{part}' has {file.Length}. Begin anew without resume.");
        file.SetLength(at);
        file.Position = at;
        await file.WriteAsync(lines, cancellationToken);
    }

    /// <summary>A run that died after it had finished the list has moved it, and its checkpoint may lie before that.</summary>
    private static void GoOnWith(string finished, string part)
    {
        if (!File.Exists(finished))
            return;
        var copy = $"{part}.{Guid.NewGuid():N}";
        File.Copy(finished, copy);
        File.Move(copy, part); // whole or not at all
    }

    private static string PartOf(string writeTo) => writeTo + ".part";

    private sealed record Batch(ListedTo From, ListedTo To, byte[] Lines);
}
