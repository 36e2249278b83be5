using System.Diagnostics;
using Longhaul;
using Longhaul.Testing;
using StorageMigration.Migration;
using StorageMigration.Objects;
using StorageMigration.Tests.Trees;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Objects;

/// <summary>Sources that are not there, go away, or change while they are migrated.</summary>
[Trait("Part", "samples")]
public sealed class SourceChangesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private string? _planted;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (_planted is not null)
            Run("""cd "$1" && rm "$(printf 'bad\377.jpg')" && rm -r "$(printf 'dir\377')" """, _planted); // .NET cannot
        _folder.Dispose();
    }

    [Fact]
    public async Task A_source_that_is_not_there_fails_the_migration_and_switches_nothing()
    {
        var setup = new HandlerSetup(_folder, isWatched: false);

        var run = await setup.RunAsync();

        run.Outcome.ShouldBe(JobTestOutcome.Failed);
        run.Error!.Message.ShouldContain($"must be a folder that is there, but '{setup.Source}' is not");
        LiveStore.Read(setup.Files).ShouldBeNull();
    }

    [Fact]
    public async Task A_source_that_goes_away_is_waited_for_and_nothing_in_it_is_gone()
    {
        var setup = new HandlerSetup(_folder);
        foreach (var key in (string[])["a/1", "b/1", "c/1"])
            setup.Write(key, key);
        var source = new FolderStore(setup.Source);
        source.BeSource();
        var stored = (await source.FindAsync("b/1", Cancel)).ShouldNotBeNull();

        await Should.ThrowAsync<ThrottledException>(async () =>
        {
            await foreach (var found in source.ListAsync(null, Cancel))
                Directory.Move(setup.Source, _folder.Of("unmounted"));
        });

        await Should.ThrowAsync<ThrottledException>(() => source.FindAsync("b/1", Cancel));
        await Should.ThrowAsync<ThrottledException>(async () => await source.ListAsync(null, Cancel).FirstOrDefaultAsync(Cancel));
        Directory.Move(_folder.Of("unmounted"), setup.Source);
        (await source.FindAsync("b/1", Cancel)).ShouldBe(stored);
        (await source.KeysAsync()).ShouldBe(["a/1", "b/1", "c/1"]);
    }

    [Fact]
    public async Task A_site_is_not_switched_while_objects_of_the_inventory_were_not_seen_again()
    {
        var setup = new HandlerSetup(_folder);
        foreach (var key in (string[])["a", "b", "c"])
            setup.Write(key, key);
        setup.Log.OnList = stored =>
        {
            if (setup.Log.Begun.Count == 2 && stored.Key == "a") // the listing of the copy
                File.Delete(Path.Combine(setup.Source, "b"));
        };

        var run = await setup.RunAsync();

        run.Outcome.ShouldBe(JobTestOutcome.Failed);
        run.Error!.Message.ShouldContain("All 3 objects of the inventory must have been looked at");
        LiveStore.Read(setup.Files).ShouldBeNull();

        (await setup.RunAsync(new MigrateImages("queue-2-b"))).Outcome.ShouldBe(JobTestOutcome.Completed, "a new inventory agrees");
        LiveStore.Read(setup.Files).ShouldNotBeNull();
    }

    [Fact]
    public async Task Without_its_ledger_all_is_verified_again_before_the_switch()
    {
        var setup = new HandlerSetup(_folder);
        foreach (var key in (string[])["a", "b", "c"])
            setup.Write(key, key);
        (await setup.RunAsync()).Outcome.ShouldBe(JobTestOutcome.Completed);
        var left = setup.Checkpoints.Last(dryRun: false)!;
        setup.Checkpoints.Save(left with { Phase = "switch" });
        File.Delete(setup.Files.Ledger);
        await File.WriteAllTextAsync(Path.Combine(setup.Target, "c"), "x", Cancel);

        var run = await setup.RunAsync(new MigrateImages("queue-2-b", Resume: true, CheckpointId: left.CheckpointId));

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.Message);
        run.ResultAs<MigrationResult>().Mended.ShouldBe(1);
    }

    [Fact]
    public async Task An_object_that_is_back_is_migrated()
    {
        var setup = new HandlerSetup(_folder);
        setup.Write("a", "a");
        setup.Write("b", "b");
        await using var source = new FolderStore(setup.Source);
        await using var target = new FolderStore(setup.Target);
        using var ledger = MigrationLedger.Open(_folder.Of("ledger.db"), "migration-1-a");
        var copier = Copier(source, target, ledger);
        var (a, b) = ((await source.FindAsync("a", Cancel))!, (await source.FindAsync("b", Cancel))!);
        ledger.Finish("a", LedgerAction.Gone, 1, digest: null);
        ledger.Finish("b", LedgerAction.Gone, 1, digest: null);

        await copier.CopyAsync(a, Cancel);
        await copier.VerifyAsync(a, Cancel);
        await copier.VerifyAsync(b, Cancel);

        (await target.KeysAsync()).ShouldBe(["a", "b"]);
        (ledger.Sum(1).Gone, ledger.Sum(1).Verified).ShouldBe((0, 2));
    }

    [Fact]
    public async Task What_changes_after_it_was_copied_is_copied_again_when_it_is_verified()
    {
        var setup = new HandlerSetup(_folder);
        var path = setup.Write("a", "old");
        await using var source = new FolderStore(setup.Source);
        await using var target = new FolderStore(setup.Target);
        using var ledger = MigrationLedger.Open(_folder.Of("ledger.db"), "migration-1-a");
        var copier = Copier(source, target, ledger);
        var listed = (await source.FindAsync("a", Cancel))!;
        await copier.CopyAsync(listed, Cancel);
        setup.Write("a", "new");
        File.SetLastWriteTimeUtc(path, listed.Changed.UtcDateTime.AddSeconds(1));

        await copier.VerifyAsync(listed, Cancel);

        (await target.ReadAsync("a")).ShouldBe("new"u8.ToArray());
        ledger.Sum(1).Mended.ShouldBe(1);
    }

    [Fact]
    public async Task A_large_object_that_changes_while_it_is_read_begins_anew()
    {
        var setup = new HandlerSetup(_folder);
        var path = setup.Write("large", "");
        await File.WriteAllBytesAsync(path, Samples.Bytes(2 * UploadPieces.Bytes), Cancel);
        await using var source = new WatchedStore(new FolderStore(setup.Source), setup.Log);
        await using var target = new FolderStore(setup.Target);
        using var ledger = MigrationLedger.Open(_folder.Of("ledger.db"), "migration-1-a");
        var copier = Copier(source, target, ledger);
        var listed = (await source.FindAsync("large", Cancel))!;
        setup.Log.OnRead = (_, read) =>
        {
            if (read < UploadPieces.Bytes)
                return;
            File.WriteAllBytes(path, Samples.Bytes(2 * UploadPieces.Bytes, seed: 2));
            File.SetLastWriteTimeUtc(path, listed.Changed.UtcDateTime.AddSeconds(1));
            setup.Log.OnRead = static (_, _) => { };
        };

        await Should.ThrowAsync<ThrottledException>(() => copier.CopyAsync(listed, Cancel));
        (await target.KeysAsync()).ShouldBeEmpty("half of it is of the old content");

        await copier.CopyAsync(listed, Cancel);
        (await target.ReadAsync("large")).ShouldHold(Samples.Bytes(2 * UploadPieces.Bytes, seed: 2));
    }

    [Fact]
    public async Task A_name_that_cannot_be_opened_fails_a_migration_and_is_told()
    {
        var setup = new HandlerSetup(_folder, isWatched: false);
        setup.Write("a/1", "a");
        Plant(Path.Combine(setup.Source, "a"));

        var run = await setup.RunAsync();

        run.Outcome.ShouldBe(JobTestOutcome.Failed);
        run.Error!.Message.ShouldContain("'a/bad\uFFFD.jpg' is not: its name, or that of a folder above it, is not valid UTF-8");
        LiveStore.Read(setup.Files).ShouldBeNull();
    }

    [Fact]
    public async Task A_name_that_cannot_be_opened_is_skipped_and_counted_by_a_tree_copy()
    {
        var setup = new HandlerSetup(_folder);
        setup.Write("a/1", "a");
        setup.Write("c/good\uFFFD", "it can be opened");
        Plant(setup.Source);

        var run = await new CopyTreeSetup().RunAsync(new CopyTree(setup.Source, setup.Target));

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.ToString());
        var report = run.ResultAs<TreeReport>();
        (report.Files, report.Skipped, report.Failed).ShouldBe((2, 2, 0));
        run.Logs.ShouldContain(static line => line.Text.Contains("skipped bad\uFFFD.jpg: its name") && line.Text.Contains("UTF-8"));
        run.Logs.ShouldContain(static line => line.Text.Contains("skipped dir\uFFFD/: its name"));
        (await new FolderStore(setup.Source).KeysAsync(after: "dir\uFFFD/")).ShouldBeEmpty("it is told once");
    }

    private static ObjectCopier Copier(IObjectStore source, IObjectStore target, MigrationLedger ledger)
        => new(source, target, ledger, new UploadBook(checkpoint: null, fromFile: null), dryRun: false, static _ => { });

    /// <summary>A file and a folder whose names are no UTF-8.</summary>
    private void Plant(string folder)
    {
        _planted = folder;
        Run("""cd "$1" && echo x > "$(printf 'bad\377.jpg')" && mkdir "$(printf 'dir\377')" && echo x > "$(printf 'dir\377')/inside" """, folder);
    }

    private static void Run(string script, string folder)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script, "sh", folder]))!;
        shell.WaitForExit();
        shell.ExitCode.ShouldBe(0);
    }
}
