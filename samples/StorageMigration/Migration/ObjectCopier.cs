using System.Buffers;
using System.Globalization;
using Longhaul;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>Decides about one object, copies it, and looks whether the target holds it. Used by any number of threads, for different objects.</summary>
/// <param name="source">Where objects come from.</param>
/// <param name="target">Where they go.</param>
/// <param name="ledger">What is done to each.</param>
/// <param name="uploads">The large ones on their way.</param>
/// <param name="dryRun">Whether to decide only.</param>
/// <param name="tell">Told how far a large one is; null: when none is on its way.</param>
internal sealed class ObjectCopier(IObjectStore source, IObjectStore target, MigrationLedger ledger, UploadBook uploads, bool dryRun, Action<string?> tell)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>Copies an object unless the target has it already. Called again after a crash it does what is left of that.</summary>
    public async Task CopyAsync(StoredObject listed, CancellationToken cancellationToken)
    {
        var key = listed.Key;
        var known = ledger.Find(key);
        if (known is { Action: LedgerAction.Copied or LedgerAction.Skipped } && known.Length == listed.Length)
            return; // finished after the checkpoint was written last
        if (await source.FindAsync(key, cancellationToken) is not { } stored)
        {
            ledger.Finish(key, LedgerAction.Gone, listed.Length, digest: null);
            return;
        }

        var facts = await source.ReadFactsAsync(stored, cancellationToken);
        if (await HasAsync(stored, facts, cancellationToken))
        {
            // What was begun here and is there now was copied here, by a run that died before it could say so.
            var action = known is { Action: LedgerAction.Copying or LedgerAction.Copied } ? LedgerAction.Copied : LedgerAction.Skipped;
            ledger.Finish(key, action, stored.Length, digest: null);
            uploads.Remove(key);
        }
        else if (dryRun)
        {
            ledger.Finish(key, LedgerAction.Copied, stored.Length, digest: null);
        }
        else
        {
            await WriteAsync(stored, facts, cancellationToken);
        }
    }

    /// <summary>Reads what the target holds, and compares it with what was sent, or with the source where that is not known. What differs is copied once more.</summary>
    /// <exception cref="InvalidDataException">The target does not keep it.</exception>
    public async Task VerifyAsync(StoredObject listed, CancellationToken cancellationToken)
    {
        var entry = ledger.Find(listed.Key);
        if (entry is { Verified: true })
            return;
        if (await source.FindAsync(listed.Key, cancellationToken) is not { } stored)
        {
            ledger.Finish(listed.Key, LedgerAction.Gone, listed.Length, digest: null);
            return;
        }

        var facts = await source.ReadFactsAsync(stored, cancellationToken);
        if (!await HoldsAsync(stored, facts, entry, cancellationToken))
        {
            await WriteAsync(stored, facts, cancellationToken);
            ledger.Mend(listed.Key);
            if (!await HoldsAsync(stored, facts, ledger.Find(listed.Key), cancellationToken))
                throw new InvalidDataException($"The target must hold '{listed.Key}' as it was sent, but does not, after a second copy either. Look at the target, then resume the migration.");
        }

        if (entry is null or { Action: LedgerAction.Gone } && ledger.Find(listed.Key) is null or { Action: LedgerAction.Gone })
            ledger.Finish(listed.Key, LedgerAction.Skipped, stored.Length, digest: null); // the ledger was lost, or the object is back
        ledger.Verify(listed.Key);
    }

    /// <summary>Whether the target has the object already: same length, metadata and checksum.</summary>
    private async Task<bool> HasAsync(StoredObject stored, ObjectFacts facts, CancellationToken cancellationToken)
    {
        if (await FindAlikeAsync(stored, facts, cancellationToken) is not { } there)
            return false;
        if (ContentTag.Compare(stored, there) is { } answer)
            return answer;
        return await ObjectDigest.ReadAsync(source, stored, cancellationToken) == await ObjectDigest.ReadAsync(target, there, cancellationToken);
    }

    private async Task<bool> HoldsAsync(StoredObject stored, ObjectFacts facts, LedgerEntry? entry, CancellationToken cancellationToken)
    {
        if (await FindAlikeAsync(stored, facts, cancellationToken) is not { } there)
            return false;
        var sent = entry?.Source == StateOf(stored) ? entry.Digest : null; // else the source has been written since
        return (sent ?? await ObjectDigest.ReadAsync(source, stored, cancellationToken)) == await ObjectDigest.ReadAsync(target, there, cancellationToken);
    }

    private async Task<StoredObject?> FindAlikeAsync(StoredObject stored, ObjectFacts facts, CancellationToken cancellationToken)
        => await target.FindAsync(stored.Key, cancellationToken) is { } there && there.Length == stored.Length
            && facts.AreKeptBy(await target.ReadFactsAsync(there, cancellationToken)) ? there : null;

    private async Task WriteAsync(StoredObject stored, ObjectFacts facts, CancellationToken cancellationToken)
    {
        ledger.Begin(stored.Key, stored.Length);
        var digest = ObjectDigest.IsInPieces(stored.Length)
            ? await WritePiecesAsync(stored, facts, cancellationToken)
            : await WriteWholeAsync(stored, facts, cancellationToken);
        ledger.Finish(stored.Key, LedgerAction.Copied, stored.Length, digest, StateOf(stored));
    }

    /// <summary>What the source says of the state of an object.</summary>
    private static string StateOf(StoredObject stored) => string.Create(CultureInfo.InvariantCulture, $"{stored.Length} {stored.Changed.UtcTicks} {stored.Tag}");

    private async Task<string> WriteWholeAsync(StoredObject stored, ObjectFacts facts, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)stored.Length);
        try
        {
            await using (var content = await source.OpenAsync(stored, 0, cancellationToken))
                await FillAsync(content, stored, buffer.AsMemory(0, (int)stored.Length), cancellationToken);
            using var body = new MemoryStream(buffer, 0, (int)stored.Length, writable: false);
            await target.WriteAsync(stored.Key, facts, stored.Length, body, cancellationToken);
            return ObjectDigest.Of(buffer.AsSpan(0, (int)stored.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<string> WritePiecesAsync(StoredObject stored, ObjectFacts facts, CancellationToken cancellationToken)
    {
        var (upload, pieces) = await BeginOrResumeAsync(stored, facts, cancellationToken);
        await using (upload)
        {
            var bytes = UploadPieces.Of(stored.Length);
            var buffer = ArrayPool<byte>.Shared.Rent(bytes);
            try
            {
                var offset = (long)pieces.Count * bytes;
                await using var content = await source.OpenAsync(stored, offset, cancellationToken);
                while (offset < stored.Length)
                {
                    var piece = buffer.AsMemory(0, (int)Math.Min(bytes, stored.Length - offset));
                    await FillAsync(content, stored, piece, cancellationToken);
                    offset += piece.Length;
                    if (offset > upload.Arrived) // else it arrived after the checkpoint was written, and only its checksum is lacking
                        await upload.AppendAsync(piece[(int)(piece.Length - (offset - upload.Arrived))..], cancellationToken);
                    pieces.Add(ObjectDigest.Of(piece.Span));
                    uploads.Put(stored.Key, Pending(upload, stored, pieces));
                    tell($"{stored.Key}: {offset >> 20} of {stored.Length >> 20} MB"); // also says that the job is not stuck
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            if (await source.FindAsync(stored.Key, cancellationToken) is not { } now || StateOf(now) != StateOf(stored))
            {
                await upload.AbortAsync(cancellationToken);
                uploads.Remove(stored.Key);
                throw new ThrottledException(Soon, $"'{stored.Key}' has changed while it was read");
            }

            await upload.CompleteAsync(cancellationToken);
        }

        uploads.Remove(stored.Key);
        tell(null);
        return ObjectDigest.OfPieces(pieces);
    }

    /// <summary>The upload, and the checksums of the pieces that it holds for sure.</summary>
    private async Task<(IUpload Upload, List<string> Pieces)> BeginOrResumeAsync(StoredObject stored, ObjectFacts facts, CancellationToken cancellationToken)
    {
        if (uploads.Find(stored.Key) is { } pending && await target.ResumeAsync(stored.Key, pending.Token, pending.Length, cancellationToken) is { } known)
        {
            if (pending.IsOf(stored))
                return (known, [.. pending.Pieces.Take((int)(known.Arrived == stored.Length ? int.MaxValue : known.Arrived / UploadPieces.Of(stored.Length)))]);
            await known.AbortAsync(cancellationToken); // the source has another content by now
            await known.DisposeAsync();
        }

        var upload = await target.BeginAsync(stored.Key, facts, stored.Length, cancellationToken);
        await uploads.PutNowAsync(stored.Key, Pending(upload, stored, []), cancellationToken);
        return (upload, []);
    }

    private static PendingUpload Pending(IUpload upload, StoredObject stored, IReadOnlyList<string> pieces)
        => new(upload.Token, stored.Length, stored.Changed, stored.Tag, [.. pieces]);

    /// <exception cref="ThrottledException">The source has fewer bytes than it said: it is looked at anew.</exception>
    private static async Task FillAsync(Stream content, StoredObject stored, Memory<byte> piece, CancellationToken cancellationToken)
    {
        if (await content.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken) < piece.Length)
            throw new ThrottledException(Soon, $"'{stored.Key}' has changed while it was read");
    }
}
