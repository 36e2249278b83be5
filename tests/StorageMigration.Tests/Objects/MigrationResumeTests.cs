using Longhaul;
using Microsoft.Data.Sqlite;
using StorageMigration.Migration;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

/// <summary>Migrations that end in the middle, and go on by their checkpoints.</summary>
[Trait("Part", "samples")]
public sealed class MigrationResumeTests : IDisposable
{
    private const int Objects = 43;

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_goes_on_from_the_job_that_failed()
    {
        await FillAsync();
        await using var host = await StartAsync("storage");
        var failed = await FailInTheMiddleAsync(host);

        var result = await host.MigrateAsync(new MigrationParameters(Resume: true));

        result.CheckpointId.ShouldBe(failed.CheckpointId);
        (result.Report.Copied, result.Report.Skipped, result.Report.Objects).ShouldBe((Objects, 0, Objects));
        (result.Written - 1).ShouldBeLessThanOrEqualTo(Objects, "what was finished is not written again");
        (await host.Open(Target).ContentsAsync()).ShouldBe(await host.Open(Source).ContentsAsync());
    }

    [Fact]
    public async Task What_a_kill_left_in_a_folder_goes_with_the_next_run()
    {
        await FillAsync();
        await using var host = await StartAsync("storage");
        var failed = await FailInTheMiddleAsync(host);
        var (own, others) = (await LeaveAsync(MigrationRun.WorkOf(failed.CheckpointId)), await LeaveAsync("another_work"));
        File.Exists(own).ShouldBeTrue();

        await host.MigrateAsync(new MigrationParameters(Resume: true));

        File.Exists(own).ShouldBeFalse();
        File.Exists(others).ShouldBeTrue("nobody else's");
        (await host.Open(Target).ContentsAsync()).ShouldBe(await host.Open(Source).ContentsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task In_a_new_store_it_goes_on_from_the_file(bool named)
    {
        await FillAsync();
        CheckpointFile failed;
        await using (var host = await StartAsync("storage"))
            failed = await FailInTheMiddleAsync(host);
        failed.CopiedTo.ShouldNotBeNull();

        await using var other = await StartAsync("other"); // another store, and of the old root only the checkpoints
        Directory.CreateDirectory(other.Get<MigrationFiles>().Checkpoints);
        File.Copy(Path.Combine(_folder.Of("storage"), "migration-checkpoints", failed.CheckpointId + ".json"), Path.Combine(other.Get<MigrationFiles>().Checkpoints, failed.CheckpointId + ".json"));
        File.Delete(Path.Combine(Target, "photos/000.webp")); // it lies before the checkpoint: only the verification can notice
        var result = await other.MigrateAsync(new MigrationParameters(Resume: true, CheckpointId: named ? failed.CheckpointId : null));

        result.CheckpointId.ShouldBe(failed.CheckpointId);
        result.Mended.ShouldBe(1);
        result.Written.ShouldBeLessThan(Objects, "it does not begin anew");
        (await other.Open(Target).ContentsAsync()).ShouldBe(await other.Open(Source).ContentsAsync());
    }

    [Fact]
    public async Task Parameters_that_do_not_hold_are_refused_in_words()
    {
        await FillAsync();
        await using var host = await StartAsync("storage");

        await RefusedAsync(host, new MigrationParameters(Resume: true), "There must be a checkpoint to resume from, but there is none");
        await RefusedAsync(host, new MigrationParameters(Resume: true, CheckpointId: "migration-1699999999-abc123"), "but there is no migration-1699999999-abc123");
        await RefusedAsync(host, new MigrationParameters(Resume: true, CheckpointId: "../../etc/passwd"), "checkpointId must have the form migration-SECONDS-HEX");
        await RefusedAsync(host, new MigrationParameters(CheckpointId: "migration-1-a"), "but there is no migration-1-a");

        var done = await host.MigrateAsync(new MigrationParameters(DryRun: true));
        await RefusedAsync(host, new MigrationParameters(DryRun: true, Resume: true), "is complete: nothing is left to resume");
        await RefusedAsync(host, new MigrationParameters(Resume: true, CheckpointId: done.CheckpointId), "is complete");
    }

    [Fact]
    public async Task A_checkpoint_of_other_stores_or_of_a_dry_run_is_refused()
    {
        await FillAsync();
        await using (var host = await StartAsync("storage"))
        {
            var failed = await FailInTheMiddleAsync(host);
            await RefusedAsync(host, new MigrationParameters(DryRun: true, Resume: true, CheckpointId: failed.CheckpointId), "is of a real run");
        }

        await using var other = await MigrationHost.StartAsync(_folder.Of("storage"), Source, _folder.Of("elsewhere"));
        var job = await other.EndAsync(await other.StartAsync(new MigrationParameters(Resume: true)));
        job.State.ShouldBe(JobState.Failed);
        job.Error!.Message.ShouldContain("but the settings say");
    }

    [Fact]
    public async Task Stores_that_are_not_two_are_refused()
    {
        await using var same = await MigrationHost.StartAsync(_folder.Of("a"), Source, Source);
        await RefusedAsync(same, new MigrationParameters(), "must be two stores");
        await using var none = await MigrationHost.StartAsync(_folder.Of("b"), "", Target);
        await RefusedAsync(none, new MigrationParameters(), "Migration:Source must name a store");
    }

    [Fact]
    public async Task Without_its_file_a_named_checkpoint_is_found_in_the_store()
    {
        await FillAsync();
        await using var host = await StartAsync("storage");
        var failed = await FailInTheMiddleAsync(host);
        Directory.Delete(host.Get<MigrationFiles>().Checkpoints, recursive: true);
        await RefusedAsync(host, new MigrationParameters(DryRun: true, CheckpointId: failed.CheckpointId), "is of a real run");
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Of("storage"), "migrations.db")};Pooling=False"))
        {
            await connection.OpenAsync(Cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM migrations"; // then the job's own checkpoint tells
            await command.ExecuteNonQueryAsync(Cancel);
        }

        var result = await host.MigrateAsync(new MigrationParameters(CheckpointId: failed.CheckpointId));

        result.CheckpointId.ShouldBe(failed.CheckpointId);
        (result.Written - 1).ShouldBeLessThanOrEqualTo(Objects, "what was finished is not written again");
        (await host.Open(Target).ContentsAsync()).ShouldBe(await host.Open(Source).ContentsAsync());
    }

    [Fact]
    public void What_is_not_complete_is_never_pruned()
    {
        var files = new CheckpointFiles(new MigrationFiles(Microsoft.Extensions.Options.Options.Create(new MigrationOptions { Root = _folder.Of("storage") })));
        var first = new CheckpointFile { CheckpointId = "migration-1-a", MigrationId = "queue-1-a", JobId = "1", Source = "a", Target = "b", Phase = "copy" };
        files.Save(first);
        foreach (var number in Enumerable.Range(2, CheckpointFiles.Kept + 2))
            files.Save(first with { CheckpointId = $"migration-{number}-a", Phase = null });

        files.Find("migration-1-a").ShouldNotBeNull();
        files.Ids().Count.ShouldBe(CheckpointFiles.Kept + 1);
    }

    [Fact]
    public async Task The_last_few_checkpoints_are_kept()
    {
        await FillAsync();
        await using var host = await StartAsync("storage");
        var last = new List<string>();
        for (var i = 0; i < CheckpointFiles.Kept + 2; i++)
            last.Add((await host.MigrateAsync(new MigrationParameters(DryRun: true))).CheckpointId);

        host.Get<CheckpointFiles>().Ids().ShouldBe(last.TakeLast(CheckpointFiles.Kept), ignoreOrder: true);
        last.ShouldAllBe(static id => MigrationIds.IsCheckpoint(id));
    }

    private string Source => _folder.Of("from");

    private string Target => _folder.Of("to");

    private static async Task RefusedAsync(MigrationHost host, MigrationParameters parameters, string words)
        => (await Should.ThrowAsync<ArgumentException>(() => host.StartAsync(parameters))).Message.ShouldContain(words);

    /// <summary>A folder where an object is to go makes its copy fail.</summary>
    private async Task<CheckpointFile> FailInTheMiddleAsync(MigrationHost host)
    {
        var inTheWay = Directory.CreateDirectory(Path.Combine(Target, "photos/030.webp"));
        var job = await host.EndAsync(await host.StartAsync(new MigrationParameters()));
        job.State.ShouldBe(JobState.Failed);
        inTheWay.Delete();
        return host.Get<CheckpointFiles>().Last(dryRun: false).ShouldNotBeNull();
    }

    /// <summary>An object on its way of which nobody knows, as a kill leaves it.</summary>
    private async Task<string> LeaveAsync(string work)
    {
        var before = Directory.GetFiles(Target);
        await using var target = new FactsBesideStore(new FolderStore(Target));
        target.BeginWriting(work, 0, []);
        await using var upload = await target.BeginAsync("left", ObjectFacts.None, 3, Cancel);
        await upload.AppendAsync(new byte[] { 1, 2, 3 }, Cancel);
        return Directory.GetFiles(Target).Except(before).ShouldHaveSingleItem();
    }

    private async Task FillAsync() => await new FolderStore(Source).FillAsync(small: Objects - 3);

    private Task<MigrationHost> StartAsync(string root)
        => MigrationHost.StartAsync(_folder.Of(root), Source, Target, ("Migration:BatchSize", "4"), ("Migration:CheckpointEvery", "2"), ("Migration:Parallelism", "2"));
}
