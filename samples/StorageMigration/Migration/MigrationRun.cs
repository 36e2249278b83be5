using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Amazon.S3;
using Longhaul;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>The five phases of one run of a migration.</summary>
internal sealed class MigrationRun(
    MigrationStart start, MigrateImages job, IObjectStore source, IObjectStore target, MigrationLedger ledger, CheckpointKeeper keeper, StateKeeper state,
    MigrationFiles files, MigrationOptions options, TimeProvider time)
{
    /// <summary>The name that <see cref="IStagedWrites"/> has for the work of a checkpoint.</summary>
    internal static string WorkOf(string checkpointId) => checkpointId.Replace('-', '_');

    private readonly Patience _patience = new(time);

    // What lies further behind the newest object than this is finished: see FollowAsync.
    private readonly int _window = Math.Clamp(options.BatchSize, options.Parallelism, LoopOptions.LargestWindow);

    /// <summary>Counts the source, lists what the target holds, and looks for objects that the site's texts name.</summary>
    public async Task<Inventory> InventoryAsync(PhaseContext phase)
    {
        if (start.From?.Inventory is { } known)
            return known;
        var listing = new StoreListing(_patience, state, options.BatchSize);
        var found = await phase.PhaseAsync("list", 0.6, inner => listing.CountAsync(inner, source, writeTo: null, RefuseWithoutBytes));
        var held = job.SkipBackup
            ? null
            : await phase.PhaseAsync("backup", 0.3, inner => listing.CountAsync(inner, target, job.DryRun ? null : files.Backup(start.CheckpointId)));
        var missing = job.SkipInlineDetection ? 0 : await phase.PhaseAsync("texts", 0.1, inner => FindMissingAsync(inner.CancellationToken));
        var inventory = new Inventory(found.Objects, found.Bytes, held?.Objects ?? 0, missing);
        keeper.Save(file => file with { Inventory = inventory });
        return inventory;
    }

    /// <returns>Uploads that were given up.</returns>
    public async Task<Dictionary<string, PendingUpload>> CopyAsync(PhaseContext phase, Inventory inventory)
    {
        var book = new UploadBook(phase.Checkpoint, start.From?.Uploads);
        BeginWriting(phase, book);
        // A dry run tells what it decided, so that without its ledger it decides again.
        var from = job.DryRun && ledger.Sum(UploadPieces.WorthIt).Decided == 0 ? null : start.From;
        if (from?.Copied == true)
            return book.All();
        var copier = new ObjectCopier(source, target, ledger, book, job.DryRun, phase.Progress.Note);
        state.Count(ledger.Sum(UploadPieces.WorthIt).Decided, inventory.Objects);
        await phase.ForEachAsync(
            (string? after) => FollowAsync(after ?? from?.CopiedTo, place => keeper.Save(file => file with { CopiedTo = place, Uploads = book.All() })),
            static stored => stored.Place,
            async (stored, token) =>
            {
                var again = ledger.Find(stored.Key) is { Action: not LedgerAction.Copying };
                await LookAgainAsync(() => copier.CopyAsync(stored, token), stored);
                if (!again)
                    state.Advance();
            },
            Loop(inventory));
        keeper.Save(static file => file with { Copied = true });
        return book.All();
    }

    /// <summary>Reads all that the target holds. A dry run has nothing to read.</summary>
    public async Task<long> VerifyAsync(PhaseContext phase, Inventory inventory)
    {
        if (job.DryRun)
            return 0;
        var from = ledger.Sum(UploadPieces.WorthIt).Verified == 0 ? null : start.From; // without its ledger nobody knows what was verified
        if (from?.Verified == true)
            return 0;
        var book = new UploadBook(phase.Checkpoint, fromFile: null);
        BeginWriting(phase, book);
        var copier = new ObjectCopier(source, target, ledger, book, dryRun: false, phase.Progress.Note);
        state.Count(ledger.Sum(UploadPieces.WorthIt).Verified, inventory.Objects);
        var verified = await phase.ForEachAsync(
            (string? after) => FollowAsync(after ?? from?.VerifiedTo, place => keeper.Save(file => file with { VerifiedTo = place })),
            static stored => stored.Place,
            async (stored, token) =>
            {
                var again = ledger.Find(stored.Key) is { Verified: true };
                await LookAgainAsync(() => copier.VerifyAsync(stored, token), stored);
                if (!again)
                    state.Advance();
            },
            Loop(inventory));
        keeper.Save(static file => file with { Verified = true });
        return verified.Done;
    }

    /// <summary>From now on the target is the live store.</summary>
    /// <exception cref="InvalidDataException">Fewer objects were verified than the inventory found.</exception>
    public Task<string> SwitchAsync(PhaseContext phase, Inventory inventory)
    {
        var sums = ledger.Sum(UploadPieces.WorthIt);
        var looked = job.DryRun ? sums.Decided : sums.Verified + sums.Gone;
        if (looked < inventory.Objects)
            throw new InvalidDataException($"All {inventory.Objects} objects of the inventory must have been looked at before the target becomes the live store, but {looked} were: {source.Address} lists fewer than it did. See whether it is whole, then begin anew without resume; what was copied is skipped.");
        if (!job.DryRun)
            LiveStore.Switch(files, target.Address, source.Address, start.CheckpointId, time.GetUtcNow());
        return Task.FromResult(target.Address);
    }

    /// <summary>Gives up uploads that nobody will complete, forgets old migrations, and writes the report.</summary>
    public async Task<MigrationResult> CleanUpAsync(PhaseContext phase, Inventory inventory, Dictionary<string, PendingUpload> left, CheckpointFiles checkpoints)
    {
        foreach (var (key, pending) in left)
            await _patience.RunAsync(() => GiveUpAsync(key, pending, phase.CancellationToken), phase.CancellationToken);

        var decisions = WriteObjects();
        var sums = ledger.Sum(UploadPieces.WorthIt);
        var report = new MigrationReport
        {
            Source = source.Address,
            Target = target.Address,
            Objects = inventory.Objects,
            Bytes = inventory.Bytes,
            Copied = sums.Copied,
            CopiedBytes = sums.CopiedBytes,
            InPieces = sums.InPieces,
            Skipped = sums.Skipped,
            SkippedBytes = sums.SkippedBytes,
            Gone = sums.Gone,
            BackedUp = inventory.BackedUp,
            NamedButMissing = inventory.NamedButMissing,
            Decisions = decisions,
            LiveStore = target.Address,
        };
        var file = files.Report(start.CheckpointId);
        MigrationFiles.Write(file, report);
        keeper.Save(static checkpoint => checkpoint with { Phase = null });
        ledger.KeepOnly(checkpoints.Ids());
        return new MigrationResult(job.MigrationId, start.CheckpointId, job.DryRun, report, file, sums.Written, sums.Mended);
    }

    /// <summary>What a run that was killed left in the target goes, but for large objects that go on. A job that resumes another one does the same work.</summary>
    private void BeginWriting(PhaseContext phase, UploadBook book)
    {
        if (!job.DryRun)
            (target as IStagedWrites)?.BeginWriting(WorkOf(start.CheckpointId), phase.Job.FenceToken, [.. book.All().Values.Select(static pending => pending.Token)]);
    }

    private LoopOptions Loop(Inventory inventory) => new() { Parallelism = options.Parallelism, Window = _window, Total = inventory.Objects };

    /// <summary>The source's objects; and every few batches, a place up to which all is finished.</summary>
    private async IAsyncEnumerable<StoredObject> FollowAsync(string? after, Action<string> finishedTo, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var every = (long)options.BatchSize * options.CheckpointEvery;
        var trail = new Queue<string>();
        string? finished = null;
        var since = 0L;
        await foreach (var stored in _patience.ListAsync(source, after, cancellationToken))
        {
            RefuseWithoutBytes(stored);
            yield return stored;

            // The loop asks for the next object once this one is in its window: then the one a window before it is finished.
            trail.Enqueue(stored.Place);
            if (trail.Count > _window)
                finished = trail.Dequeue();
            if (++since >= every && finished is not null)
            {
                finishedTo(finished);
                since = 0;
            }
        }
    }

    /// <exception cref="InvalidDataException">It cannot be copied, and a site must not be switched to a store that lacks it.</exception>
    private void RefuseWithoutBytes(StoredObject stored)
    {
        if (stored.NoBytes is { } why)
            throw new InvalidDataException($"All of {source.Address} must be fit to be copied, but '{stored.Key}' is not: {why}. Rename or remove it, then begin anew.");
    }

    private async Task<long> FindMissingAsync(CancellationToken cancellationToken)
    {
        if (options.Database.Length == 0 || options.SourceAddress.Length == 0)
            return 0;
        var named = new HashSet<string>(StringComparer.Ordinal);
        var missing = 0L;
        await foreach (var key in SiteTexts.KeysAsync(options.Database, options.SourceAddress, cancellationToken))
        {
            if (named.Add(key) && !await _patience.RunAsync(() => HasAsync(key, cancellationToken), cancellationToken))
                missing++;
        }

        return missing;
    }

    /// <summary>Whether the source has what a text names. Anybody may have written anything into it: what no store can hold is not there.</summary>
    private async Task<bool> HasAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await source.FindAsync(key, cancellationToken) is not null;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UriFormatException or AmazonS3Exception { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.RequestUriTooLong })
        {
            return false;
        }
    }

    /// <summary>What goes away while it is looked at is looked at again.</summary>
    private static async Task LookAgainAsync(Func<Task> work, StoredObject stored)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ThrottledException(TimeSpan.Zero, $"'{stored.Key}' went away while it was looked at", e);
        }
    }

    private async Task<bool> GiveUpAsync(string key, PendingUpload pending, CancellationToken cancellationToken)
    {
        if (await target.ResumeAsync(key, pending.Token, pending.Length, cancellationToken) is not { } upload)
            return false;
        await using (upload)
            await upload.AbortAsync(cancellationToken);
        return true;
    }

    /// <returns>The checksum of the list.</returns>
    private string WriteObjects()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        MigrationFiles.Write(files.ReportObjects(start.CheckpointId), stream =>
        {
            foreach (var entry in ledger.All())
            {
                byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new { entry.Key, entry.Action, entry.Length }, JsonSerializerOptions.Web), (byte)'\n'];
                stream.Write(line);
                hash.AppendData(line);
            }
        });
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
