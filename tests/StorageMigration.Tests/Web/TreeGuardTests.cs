using System.Net;

namespace StorageMigration.Tests.Web;

/// <summary>The copying of trees as the site serves it: for its own page, and for each caller his own.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class TreeGuardTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_copy_is_started_with_the_token_and_only_with_it()
    {
        var trees = Directory.CreateDirectory(_folder.File("trees")).FullName;
        await using var site = await Site.StartAsync(_folder.File("site"), Site.NoWorker, ("Trees:Owners:local:0", trees));
        var wanted = $$"""{"source":"{{trees}}/a","target":"{{trees}}/b"}""";

        var (refused, _) = await site.PostAsync("api/trees", wanted, token: "none");
        var (status, started) = await site.PostAsync("api/trees", wanted);

        refused.ShouldBe(HttpStatusCode.Forbidden);
        status.ShouldBe(HttpStatusCode.Created, started.ToString());
        var (_, list) = await site.GetAsync("api/trees");
        list.GetProperty("trees").EnumerateArray().ShouldHaveSingleItem().GetProperty("owner").GetString().ShouldBe("local");
        (await site.PostAsync($"api/trees/{started.GetProperty("id").GetInt64()}/cancel", "{}", token: "none")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    public void Dispose() => _folder.Dispose();
}
