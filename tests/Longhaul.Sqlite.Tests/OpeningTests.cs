using System.Runtime.Versioning;
using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>What must hold of a file before it is used; each refusal says what was found and what to do.</summary>
public sealed class OpeningTests : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_new_file_and_all_beside_it_are_the_owners_alone()
    {
        var store = await _folder.OpenAsync();
        await store.AddAsync();

        foreach (var file in Directory.GetFiles(_folder.In("")))
            File.GetUnixFileMode(file).ShouldBe(OwnerOnly, file);
        Directory.GetFiles(_folder.In("")).Select(Path.GetFileName).ShouldContain("jobs.db-wal");
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_file_that_others_can_read_is_refused_unless_allowed()
    {
        await _folder.CloseAsync(await _folder.OpenAsync());
        File.SetUnixFileMode(_folder.Path, OwnerOnly | UnixFileMode.OtherRead);

        (await RefusalAsync()).ShouldContain("chmod 600");
        await _folder.OpenAsync(static options => options.AllowOthersToRead = true);
    }

    [Fact]
    public async Task A_missing_folder_is_named()
        => (await RefusalAsync(options => options.Path = _folder.In("no/where/jobs.db"))).ShouldContain(_folder.In("no/where"));

    [Fact]
    public async Task A_folder_is_no_file()
        => (await RefusalAsync(options => options.Path = _folder.In(""))).ShouldContain("is a folder");

    [Fact]
    public async Task Another_kind_of_file_is_left_alone()
    {
        var text = string.Concat(Enumerable.Repeat("not a database. ", 500));
        await File.WriteAllTextAsync(_folder.Path, text, Cancel);
        StoreFolder.CloseToOthers(_folder.Path);

        (await RefusalAsync()).ShouldContain("must be a SQLite file");
        (await File.ReadAllTextAsync(_folder.Path, Cancel)).ShouldBe(text);
    }

    [Fact]
    public async Task A_read_only_file_is_refused()
    {
        Assert.SkipUnless(File.Exists("/sys/kernel/uevent_seqnum"), "Needs a file that not even root can write.");

        (await RefusalAsync(static options => (options.Path, options.AllowOthersToRead) = ("/sys/kernel/uevent_seqnum", true))).ShouldContain("must be writable");
    }

    [Fact]
    public async Task A_folder_in_which_no_file_can_be_made_is_told()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel"), "Needs a folder that not even root can write.");

        (await RefusalAsync(static options => options.Path = "/sys/kernel/jobs.db")).ShouldContain("check the folder's permissions");
    }

    [Theory]
    [InlineData("a;b=c,d 'e\" ?#%20&.db")]
    [InlineData("file:jobs.db")]
    [InlineData("Größe 工作.db")]
    [InlineData("-journal")]
    public async Task Any_name_will_do(string name)
    {
        var store = await _folder.OpenAsync(options => options.Path = _folder.In(name));
        await store.AddAsync();
        await _folder.CloseAsync(store);

        Directory.GetFiles(_folder.In("")).Select(Path.GetFileName).ShouldBe([name, name + "-reserve"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_link_is_followed_and_its_transactions_accepted()
    {
        File.CreateSymbolicLink(_folder.In("link.db"), _folder.Path);
        await _folder.CloseAsync(await _folder.OpenAsync());
        var store = await _folder.OpenAsync(options => options.Path = _folder.In("link.db"));
        await using var connection = _folder.Connect();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        await store.TakeIdsAsync(1, transaction, Cancel);
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await _folder.CloseAsync(await _folder.OpenAsync());
        _folder.Run("UPDATE lh_schema SET version = 999");

        (await RefusalAsync()).ShouldContain("newer Longhaul");
    }

    [Fact]
    public async Task Without_migration_a_file_without_tables_is_refused()
        => (await RefusalAsync(migrate: false)).ShouldContain("longhaul migrate");

    [Theory]
    [InlineData("nfs")]
    [InlineData("cifs")]
    [InlineData("fuse.sshfs")]
    public void A_network_file_system_is_refused(string format)
        => Should.Throw<StoreException>(() => FileChecks.RefuseNetwork("/mnt/jobs.db", isNetwork: false, format)).Message.ShouldContain(format);

    [Fact]
    public void A_disk_of_this_machine_is_not() => Should.NotThrow(static () => FileChecks.RefuseNetwork("/tmp/jobs.db", new DriveInfo("/tmp")));

    [Fact]
    public async Task Many_open_a_new_file_at_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var store = new SqliteStore(new() { Path = _folder.Path });
            await store.OpenAsync(migrate: true, Cancel);
            return store;
        })));

        foreach (var store in stores)
        {
            await store.AddAsync();
            await store.DisposeAsync();
        }

        _folder.Ask("SELECT count(*) FROM lh_job").ShouldBe(8);
    }

    [Fact]
    public async Task The_printed_schema_is_the_one_of_a_new_file()
    {
        var store = await _folder.OpenAsync();
        await using var printed = _folder.Connect(_folder.In("printed.db"));
        await using var command = printed.CreateCommand();
        command.CommandText = store.SchemaScript;
        await command.ExecuteNonQueryAsync(Cancel);
        command.CommandText = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'lh_%' AND name <> 'lh_schema'";

        (await command.ExecuteScalarAsync(Cancel)).ShouldBe(_folder.Ask(command.CommandText));
    }

    [Fact]
    public async Task An_older_file_gets_the_views_that_take_changes()
    {
        var store = await _folder.OpenAsync();
        var ids = await store.AddAsync(3);
        await _folder.CloseAsync(store);
        _folder.Run("""
            DROP TABLE lh_audit; DROP TABLE lh_audit_head; DROP TABLE lh_note; DROP INDEX lh_detail_parent;
            DROP VIEW lh_forget; DROP VIEW lh_release; DROP VIEW lh_cancel; DROP VIEW lh_cut; DROP VIEW lh_leave; DROP VIEW lh_place;
            DROP VIEW migration_state; DROP VIEW ingest_traces; DROP VIEW jobs; DROP VIEW failed_jobs; DROP TRIGGER queue_delete;
            CREATE VIEW jobs AS SELECT j.id FROM lh_job j; CREATE VIEW failed_jobs AS SELECT d.id FROM lh_done d;
            CREATE TABLE migration_state (mine TEXT); -- an application's
            UPDATE lh_schema SET version = 1
            """);

        store = await _folder.OpenAsync();
        _folder.Run($"DELETE FROM jobs WHERE id = {ids[1]}");

        (await store.GetJobAsync(ids[1], Cancel))!.State.ShouldBe(JobState.Cancelled);
        _folder.Ask("SELECT count(*) FROM sqlite_schema WHERE name = 'migration_state' AND type = 'table'").ShouldBe(1);
        _folder.Ask("SELECT count(*) FROM failed_jobs WHERE failed_at IS NOT NULL").ShouldBe(0);
        await store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task An_applications_own_tables_and_version_stay_as_they_are()
    {
        _folder.Run("CREATE TABLE jobs (id INTEGER PRIMARY KEY); PRAGMA user_version = 7");
        StoreFolder.CloseToOthers(_folder.Path);

        var store = await _folder.OpenAsync();
        await store.AddAsync();

        _folder.Ask("PRAGMA user_version").ShouldBe(7);
        _folder.Ask("SELECT count(*) FROM jobs").ShouldBe(0);
    }

    private async Task<string> RefusalAsync(Action<SqliteOptions>? configure = null, bool migrate = true)
        => (await Should.ThrowAsync<StoreException>(() => _folder.OpenAsync(configure, migrate))).Message;
}
