using System.Net;
using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using StorageMigration.Migration;

namespace StorageMigration.Tests.Web;

/// <summary>Commands as jobs, and how they stand.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class QueueTests(IdleSite idle, WorkingSite works) : IClassFixture<IdleSite>, IClassFixture<WorkingSite>, IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_queued_migration_is_answered_as_the_seed_prints_it()
    {
        var site = idle.Site;

        var (status, answer) = await site.PostAsync(Site.Action("run-command-queue"), new { command = "image-migration/migrate", args = new { skipBackup = false, skipInlineDetection = true }, dryRun = true });

        status.ShouldBe(HttpStatusCode.OK);
        Keys(answer).ShouldBe(["success", "jobId", "migrationId", "message"]);
        answer.GetProperty("success").GetBoolean().ShouldBeTrue();
        answer.GetProperty("jobId").GetInt64().ShouldBePositive();
        answer.GetProperty("migrationId").GetString()!.ShouldMatch("^queue-[0-9]{10}-[0-9a-f]{6}$");
        answer.GetProperty("message").GetString().ShouldBe("Command queued successfully. It will continue running even if you refresh the page.");
        var job = (await site.Store.GetJobAsync(new JobId(answer.GetProperty("jobId").GetInt64()), Cancel)).ShouldNotBeNull();
        (job.Name, job.Owner, job.Policy!.MaxAttempts, job.Policy.Timeout).ShouldBe(("image-migration/migrate", "local", 1, TimeSpan.FromHours(48)));
        var payload = JsonSerializer.Deserialize<JsonElement>(job.Payload.Span);
        (payload.GetProperty("dryRun").GetBoolean(), payload.GetProperty("skipBackup").GetBoolean(), payload.GetProperty("skipInlineDetection").GetBoolean()).ShouldBe((true, false, true));
        payload.GetProperty("migrationId").GetString().ShouldBe(answer.GetProperty("migrationId").GetString());
    }

    [Fact]
    public async Task A_resumed_migration_names_its_checkpoint()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        await site.LayCheckpointAsync();

        var job = await site.QueueAsync("image-migration/migrate", new { resume = true, checkpointId = "migration-1699999999-abc123" });

        var payload = JsonSerializer.Deserialize<JsonElement>((await site.Store.GetJobAsync(new JobId(job), Cancel))!.Payload.Span);
        (payload.GetProperty("resume").GetBoolean(), payload.GetProperty("checkpointId").GetString()).ShouldBe((true, "migration-1699999999-abc123"));
    }

    [Fact]
    public async Task Two_migrations_of_the_same_stores_do_not_run_side_by_side()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        var first = await site.QueueAsync("image-migration/migrate");

        var (status, answer) = await site.PostAsync(Site.Action("run-command-queue"), new { command = "image-migration/migrate" });
        (status, Text(answer, "error")!.Contains($"job {first} has not ended", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.BadRequest, true), answer.ToString());
        await Should.ThrowAsync<ArgumentException>(() => site.Get<MigrationStarter>().StartAsync(new MigrationParameters(), job: null, migrationId: null, Cancel), "another owner's is one too");
        await site.QueueAsync("image-migration/migrate", dryRun: true);

        (await site.PostAsync($"api/jobs/{first}/cancel", new { })).Status.ShouldBe(HttpStatusCode.OK);
        await site.QueueAsync("image-migration/migrate");
        (status, answer) = await site.PostAsync($"api/jobs/{first}/resume", new { });
        (status, Text(answer, "error")!.Contains("one migration at a time", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.BadRequest, true), answer.ToString());
    }

    [Fact]
    public async Task A_migration_that_another_one_went_on_from_is_not_tried_again()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        await site.LayCheckpointAsync();
        var resume = new { resume = true, checkpointId = "migration-1699999999-abc123" };
        var first = await site.QueueAsync("image-migration/migrate", resume);
        await site.PostAsync($"api/jobs/{first}/cancel", new { });
        var second = await site.QueueAsync("image-migration/migrate", resume);
        await site.PostAsync($"api/jobs/{second}/cancel", new { });

        var (status, answer) = await site.PostAsync($"api/jobs/{first}/resume", new { });

        status.ShouldBe(HttpStatusCode.BadRequest);
        Text(answer, "error").ShouldNotBeNull().ShouldContain($"job {second} went on from that of job {first}");
        (await site.PostAsync($"api/jobs/{second}/resume", new { })).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_migration_without_a_checkpoint_is_not_resumed()
    {
        var site = idle.Site;

        var (status, answer) = await site.PostAsync(Site.Action("run-command-queue"), new { command = "image-migration/migrate", args = new { resume = true } });

        (status, answer.GetProperty("success").GetBoolean()).ShouldBe((HttpStatusCode.BadRequest, false));
        answer.GetProperty("error").GetString()!.ShouldContain("checkpoint");
    }

    [Fact]
    public async Task A_job_is_shown_from_its_wait_to_its_end()
    {
        var site = works.Site;
        var gate = _folder.File("gate");
        var queued = await site.QueueFullAsync("test/steps", new { count = 8, waitAt = 4, gate });
        var id = queued.GetProperty("jobId").GetInt64();

        var running = await Site.UntilAsync(() => site.StatusAsync(id), static answer => answer.GetProperty("job").GetProperty("progress").GetDouble() > 0.5, "half of the steps");

        Keys(running).ShouldBe(["success", "status", "job"]);
        running.GetProperty("status").GetString().ShouldBe("running");
        var job = running.GetProperty("job");
        Keys(job).ShouldBe(["id", "description", "progress", "progressLabel", "timePushed", "attempt", "error"]);
        job.GetProperty("id").GetInt64().ShouldBe(id);
        job.GetProperty("description").GetString().ShouldBe("Test of steps");
        job.GetProperty("progress").GetDouble().ShouldBe(0.55, 0.0001); // the look is a tenth, and half of the work is done
        job.GetProperty("progressLabel").GetString().ShouldBe("55.0%");
        job.GetProperty("attempt").GetInt32().ShouldBe(1);
        job.GetProperty("error").ValueKind.ShouldBe(JsonValueKind.Null);
        DateTimeOffset.FromUnixTimeSeconds(job.GetProperty("timePushed").GetInt64()).ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5));

        var migration = await MigrationAsync(site, queued);
        Keys(migration).ShouldBe(["migrationId", "jobId", "status", "phase", "processed", "total", "progress", "progressLabel", "checkpointId", "updatedAt", "error"]);
        (Text(migration, "status"), Text(migration, "phase"), migration.GetProperty("processed").GetInt64(), migration.GetProperty("total").GetInt64(), Text(migration, "progressLabel"))
            .ShouldBe(("running", "work", 4, 8, "55.0%"));
        migration.GetProperty("jobId").GetInt64().ShouldBe(id);

        await File.WriteAllTextAsync(gate, "", Cancel);
        var completed = await site.UntilStatusAsync(id, "completed");
        completed.GetProperty("job").GetProperty("progressLabel").GetString().ShouldBe("100.0%");
        completed.GetProperty("job").GetProperty("progress").GetDouble().ShouldBe(1);
        (Text(await MigrationAsync(site, queued), "status"), (await MigrationAsync(site, queued)).GetProperty("processed").GetInt64()).ShouldBe(("completed", 8));
        site.Get<Migration.MigrationStates>().FindByJob($"{id}")!.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_job_without_a_worker_is_pending_at_the_first_attempt()
    {
        var site = idle.Site;
        var queued = await site.QueueFullAsync("test/speak");

        var answer = await site.StatusAsync(queued.GetProperty("jobId").GetInt64());

        answer.GetProperty("status").GetString().ShouldBe("pending");
        (answer.GetProperty("job").GetProperty("attempt").GetInt32(), Text(answer.GetProperty("job"), "progressLabel")).ShouldBe((1, "0.0%"));
        Text(await MigrationAsync(site, queued), "status").ShouldBe("pending");
    }

    [Fact]
    public async Task A_command_that_fails_is_not_tried_again_and_says_why()
    {
        var site = works.Site;
        var queued = await site.QueueFullAsync("test/speak", new { exit = 7 });
        var id = queued.GetProperty("jobId").GetInt64();

        var failed = await site.UntilStatusAsync(id, "failed");

        failed.GetProperty("job").GetProperty("attempt").GetInt32().ShouldBe(1);
        failed.GetProperty("job").GetProperty("error").GetString()!.ShouldContain("7");
        var migration = await MigrationAsync(site, queued);
        (Text(migration, "status"), Text(migration, "error")).ShouldBe(("failed", failed.GetProperty("job").GetProperty("error").GetString()));
        site.Get<Migration.MigrationStates>().FindByJob($"{id}")!.ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task A_cancelled_job_has_failed_and_says_that_it_was_cancelled()
    {
        var site = idle.Site;
        var queued = await site.QueueFullAsync("image-migration/migrate");
        var id = queued.GetProperty("jobId").GetInt64();
        (await site.PostAsync($"api/jobs/{id}/cancel", new { })).Status.ShouldBe(HttpStatusCode.OK);

        var answer = await site.StatusAsync(id);

        answer.GetProperty("status").GetString().ShouldBe("failed");
        answer.GetProperty("job").GetProperty("error").GetString()!.ShouldStartWith("cancelled");
        var migration = await MigrationAsync(site, queued);
        (Text(migration, "status"), Text(migration, "error")).ShouldBe(("failed", answer.GetProperty("job").GetProperty("error").GetString()));
    }

    [Fact]
    public async Task A_job_whose_record_is_gone_is_answered_from_the_migrations_own_table()
    {
        var site = works.Site;
        var queued = await site.QueueFullAsync("test/steps", new { count = 5 });
        var id = queued.GetProperty("jobId").GetInt64();
        await site.UntilStatusAsync(id, "completed");
        await MigrationAsync(site, queued);
        await site.Store.ActAsync(JobAction.Delete, [new JobId(id)], new ActionContext("the test"), Cancel);
        (await site.Store.GetJobAsync(new JobId(id), Cancel)).ShouldBeNull();

        var answer = await site.StatusAsync(id);

        (answer.GetProperty("success").GetBoolean(), answer.GetProperty("status").GetString()).ShouldBe((true, "completed"));
        Keys(answer.GetProperty("job")).ShouldBe(["id", "description", "progress", "progressLabel", "timePushed", "attempt", "error"]);
        (answer.GetProperty("job").GetProperty("id").GetInt64(), Text(answer.GetProperty("job"), "description"), Text(answer.GetProperty("job"), "progressLabel")).ShouldBe((id, "test/steps", "100.0%"));
        (await MigrationAsync(site, queued)).GetProperty("processed").GetInt64().ShouldBe(5);
    }

    [Fact]
    public async Task A_migration_whose_row_was_never_written_is_found_by_its_job()
    {
        var site = idle.Site;
        var job = await site.Jobs.EnqueueAsync(new RunProcess("test/speak"), new() { Owner = "local", Tags = ["queue-1699999999-abc123"] }, Cancel);

        var (status, answer) = await site.GetAsync($"{Site.Action("get-migration-progress")}?migrationId=queue-1699999999-abc123");

        status.ShouldBe(HttpStatusCode.OK);
        (answer.GetProperty("migration").GetProperty("jobId").GetInt64(), Text(answer.GetProperty("migration"), "status")).ShouldBe((job.Id.Value, "pending"));
    }

    [Theory]
    [InlineData("get-queue-status?jobId=9007199254740991", 404)]
    [InlineData("get-queue-status?jobId=undefined", 400)]
    [InlineData("get-queue-status?jobId=-1", 400)]
    [InlineData("get-queue-status?jobId=", 400)]
    [InlineData("get-queue-status", 400)]
    [InlineData("get-migration-progress?migrationId=queue-123", 404)]
    [InlineData("get-migration-progress?migrationId=%27%20OR%201=1", 404)]
    [InlineData("get-migration-progress", 400)]
    [InlineData("get-something", 404)]
    public async Task What_is_not_there_is_refused_in_one_form(string path, int expected)
    {
        var site = idle.Site;

        var (status, body) = await site.GetAsync(Site.Action(path));

        ((int)status).ShouldBe(expected);
        Keys(body).ShouldBe(["success", "error"]);
        body.GetProperty("success").GetBoolean().ShouldBeFalse();
        body.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task The_50_newest_are_listed_the_unfinished_first()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        var ids = new List<long>();
        for (var i = 0; i < 56; i++)
            ids.Add(await site.QueueAsync("test/speak"));
        long[] ended = [ids[55], ids[54], ids[53]];
        foreach (var id in ended)
            await site.Jobs.CancelAsync(new JobId(id), "the test", Cancel);
        await site.Jobs.EnqueueAsync(new RunProcess("test/speak"), new() { Owner = "somebody" }, Cancel);

        var (_, full) = await site.GetAsync(Site.Action("get-queue-jobs"));
        foreach (var id in ids[..10])
            await site.Jobs.CancelAsync(new JobId(id), "the test", Cancel);
        var (_, mixed) = await site.GetAsync(Site.Action("get-queue-jobs"));

        Ids(full).ShouldBe(ids[3..53].AsEnumerable().Reverse());
        Ids(mixed).ShouldBe([.. ids[10..53].AsEnumerable().Reverse(), .. ended, .. ids[6..10].AsEnumerable().Reverse()]);
        var listed = mixed.GetProperty("jobs")[0];
        Keys(listed).ShouldBe(["id", "description", "status", "progress", "progressLabel", "timePushed", "attempt", "error"]);
        (Text(listed, "status"), Text(mixed.GetProperty("jobs")[45], "status")).ShouldBe(("pending", "failed"));

        static IEnumerable<long> Ids(JsonElement answer) => answer.GetProperty("jobs").EnumerateArray().Select(static job => job.GetProperty("id").GetInt64());
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<JsonElement> MigrationAsync(Site site, JsonElement queued)
    {
        var (status, body) = await site.GetAsync($"{Site.Action("get-migration-progress")}?migrationId={queued.GetProperty("migrationId").GetString()}");
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        Keys(body).ShouldBe(["success", "migration"]);
        return body.GetProperty("migration");
    }

    private static IEnumerable<string> Keys(JsonElement element) => element.EnumerateObject().Select(static property => property.Name);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
