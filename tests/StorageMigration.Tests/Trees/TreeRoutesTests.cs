using System.Net;
using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class TreeRoutesTests : IAsyncLifetime
{
    private readonly TreeFolder _folder = new();
    private TreeSite _site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 30; i++)
            _folder.Write($"trees/ann/from/{i:00}", new string('x', 1_000));
        _folder.Write("trees/bob/from/secret");
        _site = await TreeSite.StartAsync(_folder["application"], ("Trees:Base", _folder["trees"]));
    }

    [Fact]
    public async Task A_copy_is_started_followed_and_listed()
    {
        var (status, started, location) = await _site.PostAsync("ann", "/api/trees", new { source = "from", target = "to", options = new { count = true } });

        status.ShouldBe(HttpStatusCode.Created);
        var id = started.GetProperty("id").GetInt64();
        location!.ToString().ShouldBe($"/api/trees/{id}");
        var end = await _site.UntilAsync("ann", id, static view => view.GetProperty("state").GetString() is "completed" or "failed");

        end.GetProperty("state").GetString().ShouldBe("completed", end.ToString());
        end.GetProperty("files").GetInt64().ShouldBe(30);
        end.GetProperty("totalFiles").GetInt64().ShouldBe(30);
        end.GetProperty("bytes").GetInt64().ShouldBe(30_000);
        end.GetProperty("fraction").GetDouble().ShouldBe(1);
        end.GetProperty("source").GetString().ShouldBe("from");
        _folder.Files("trees/ann/to").Length.ShouldBe(30);
        var (_, list, _) = await _site.GetAsync("ann", "/api/trees");
        list.GetProperty("trees").EnumerateArray().Single().GetProperty("id").GetInt64().ShouldBe(id);
    }

    [Fact]
    public async Task While_it_runs_it_shows_rate_and_can_be_cancelled_and_a_second_one_of_the_same_is_the_first()
    {
        var slow = new { source = "from", target = "slow", options = new { bytesPerSecond = 2_000, parallelism = 1, count = true } };
        var (_, started, _) = await _site.PostAsync("ann", "/api/trees", slow);
        var id = started.GetProperty("id").GetInt64();
        var running = await _site.UntilAsync("ann", id, static view => view.GetProperty("state").GetString() == "running" && view.GetProperty("files").GetInt64() > 2 && view.GetProperty("bytesPerSecond").ValueKind != System.Text.Json.JsonValueKind.Null);
        running.GetProperty("phase").GetString().ShouldBe("copy");
        running.GetProperty("bytes").GetInt64().ShouldBeGreaterThan(2_000);

        var (again, same, _) = await _site.PostAsync("ann", "/api/trees", slow);
        again.ShouldBe(HttpStatusCode.OK);
        same.GetProperty("id").GetInt64().ShouldBe(id);

        (await _site.PostAsync("ann", $"/api/trees/{id}/cancel")).Status.ShouldBe(HttpStatusCode.Accepted);
        await _site.UntilAsync("ann", id, static view => view.GetProperty("state").GetString() == "cancelled");
        _folder.Files("trees/ann/slow").Length.ShouldBeLessThan(30);
        (await _site.PostAsync("ann", $"/api/trees/{id}/cancel")).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Nobody_sees_or_cancels_another_s_copy()
    {
        var (_, started, _) = await _site.PostAsync("bob", "/api/trees", new { source = "from", target = "to" });
        var id = started.GetProperty("id").GetInt64();

        (await _site.GetAsync("ann", $"/api/trees/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await _site.PostAsync("ann", $"/api/trees/{id}/cancel")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await _site.GetAsync("ann", "/api/trees")).Body.GetProperty("trees").GetArrayLength().ShouldBe(0);
        (await _site.GetAsync("ann", "/api/trees/no-id")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await _site.GetAsync(null, $"/api/trees/{id}")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("../bob/from", "to", "'..'")]
    [InlineData("/etc", "to", "must lie below")]
    [InlineData("from", "ftp://elsewhere/x", "must lie below")]
    [InlineData("from", "", "must be named")]
    [InlineData("from", "from/below", "in one another")]
    public async Task What_would_be_refused_later_is_refused_at_once(string source, string target, string why)
    {
        var (status, body, _) = await _site.PostAsync("ann", "/api/trees", new { source, target });

        status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        body.GetProperty("detail").GetString()!.ShouldContain(why);
    }

    [Theory]
    [InlineData(0, 1L)]
    [InlineData(1, 0L)]
    public async Task Options_out_of_range_are_refused(int parallelism, long bytesPerSecond)
    {
        var (status, body, _) = await _site.PostAsync("ann", "/api/trees", new { source = "from", target = "to", options = new { parallelism, bytesPerSecond } });

        status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        body.GetProperty("detail").GetString()!.ShouldContain(parallelism == 0 ? "parallelism" : "bytesPerSecond");
    }

    [Fact]
    public async Task The_command_starts_a_copy_and_follows_it_to_its_end()
    {
        var commands = _site.Services.GetRequiredService<CommandLine>();
        var command = commands.Find("trees/copy").ShouldNotBeNull();
        using var output = new StringWriter();
        using var errors = new StringWriter();

        var exitCode = await commands.RunAsync(command, [$"--source={_folder["trees/ann/from"]}", $"--target={_folder["elsewhere"]}", "--parallelism=2"], output, errors, Cancel);

        exitCode.ShouldBe(0, errors.ToString());
        output.ToString().ShouldContain("completed: 30 files, 30,000 bytes, 0 failed");
        _folder.Files("elsewhere").Length.ShouldBe(30);
        (await commands.RunAsync(command, ["--source=/a"], output, errors, Cancel)).ShouldBe(2);
        (await commands.RunAsync(command, ["--source=from", "--target=../bob", "--owner=ann"], output, errors, Cancel)).ShouldBe(2);
        errors.ToString().ShouldContain("--target=ADDRESS");
        errors.ToString().ShouldContain("'..'");
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _folder.Dispose();
    }
}
