using System.Text;
using System.Text.Json.Nodes;
using Longhaul.Hosting;
using Longhaul.Jobs;
using Longhaul.Storage;
using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Registry;

public sealed class RegistryTests
{
    [Job("registry.one", Version = 3, Aliases = ["registry.old", "registry.older"], MaxAttempts = 7, LongRunning = true)]
    public sealed record One(string Name, int Count);

    [Job("registry.two")]
    public sealed record Two;

    private static JobRegistry Registry(Action<LonghaulBuilder> longhaul, Action<IServiceCollection>? more = null)
        => App.Of(l => longhaul(l.UseMemory()), more).GetRequiredService<LonghaulInstance>().Registry;

    private static object Read(JobRegistry registry, string name, string payload, int version)
        => registry.Find(name)!.ReadPayload(Encoding.UTF8.GetBytes(payload), version);

    private static Task Nothing<T>(T job, JobContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    [Fact]
    public void A_job_is_found_by_name_and_alias()
    {
        var registry = Registry(static l => l.AddHandler<One>(Nothing).AddHandler<Two>(Nothing));

        registry.Names.ShouldBe(["registry.old", "registry.older", "registry.one", "registry.two"]);
        registry.Names.ShouldBeSameAs(registry.Names);
        registry.Find("registry.older").ShouldBeSameAs(registry.Find("registry.one"));
        registry.Find("registry.none").ShouldBeNull();
        registry.Find("registry.one")!.Policy.ShouldBe(new JobPolicy { MaxAttempts = 7 });
        registry.Find("registry.one")!.LongRunning.ShouldBeTrue();
        registry.Find("registry.two")!.Policy.ShouldBeNull();
    }

    [Fact]
    public void A_payload_of_an_older_version_goes_through_each_upgrader()
    {
        var registry = Registry(static l => l.AddHandler<One>(Nothing, static h => h
            .Upgrade(1, static json => new JsonObject { ["title"] = json["caption"]?.GetValue<string>() })
            .Upgrade(2, static json => new JsonObject { ["name"] = json["title"]?.GetValue<string>(), ["count"] = 1 })));

        Read(registry, "registry.old", """{"caption":"x"}""", 1).ShouldBe(new One("x", 1));
        Read(registry, "registry.one", """{"title":"y"}""", 2).ShouldBe(new One("y", 1));
        Read(registry, "registry.one", """{"name":"z","count":3}""", 3).ShouldBe(new One("z", 3));
    }

    [Theory]
    [InlineData("""{"name":"hunter2"}""", 4, "The payload of job \"registry.one\" has version 4, but this program reads up to 3. Deploy the newer program to every worker that handles this job, then retry the job.")]
    [InlineData("""{"name":"hunter2"}""", 1, "The payload of job \"registry.one\" must be of version 3 or one with an upgrader, but is of version 1. Add HandlerOptions.Upgrade(1, …) to its handler, then retry the job.")]
    [InlineData("""{"name":hunter2}""", 3, "The payload of job \"registry.one\" must be readable as Longhaul.Tests.Registry.RegistryTests+One, but it is no valid JSON at line 1, byte 9. Mend the type or add an upgrader, then retry the job.")]
    [InlineData("""{"count":"hunter2"}""", 3, "The payload of job \"registry.one\" must be readable as Longhaul.Tests.Registry.RegistryTests+One, but its member 'count' does not fit Int32 at line 1, byte 19. Mend the type or add an upgrader, then retry the job.")]
    [InlineData("null", 3, "The payload of job \"registry.one\" must be readable as Longhaul.Tests.Registry.RegistryTests+One, but it is null. Mend the type or add an upgrader, then retry the job.")]
    [InlineData("\"hunter2\"", 3, "The payload of job \"registry.one\" must be readable as Longhaul.Tests.Registry.RegistryTests+One, but its JSON does not fit at line 1, byte 10. Mend the type or add an upgrader, then retry the job.")]
    [InlineData("[]", 2, "The payload of job \"registry.one\" must be readable as Longhaul.Tests.Registry.RegistryTests+One, but version 2 is to be upgraded, but it is no JSON object. Mend the type or add an upgrader, then retry the job.")]
    [InlineData("{}", 2, "The payload of job \"registry.one\" must be readable as Longhaul.Tests.Registry.RegistryTests+One, but the upgrader from version 2 threw System.InvalidOperationException. Mend the type or add an upgrader, then retry the job.")]
    public void A_payload_that_cannot_be_read_says_why_and_nothing_of_its_content(string payload, int version, string message)
    {
        var registry = Registry(static l => l.AddHandler<One>(Nothing, static h => h.Upgrade(2, static _ => throw new InvalidOperationException("hunter2"))));

        var error = Should.Throw<PayloadException>(() => Read(registry, "registry.one", payload, version));

        error.Message.ShouldBe(message);
        error.ToString().ShouldNotContain("hunter2");
    }

    [Job("registry.taken")]
    public sealed record TakesName;

    [Job("registry.other", Aliases = ["registry.taken"])]
    public sealed record TakesAlias;

    [Job("-bad name-", Aliases = ["bad\nalias"], Queue = "bad queue", Version = 0, MaxAttempts = -1)]
    public sealed record AllWrong;

    [Job("registry.text", Description = "{Missing} {Name}")]
    public sealed record WrongDescription(string Name);

    public sealed record Nameless;

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var problems = App.Problems(static l => l.UseMemory()
            .AddHandler<Nameless>(Nothing)
            .AddHandler<TakesName>(Nothing)
            .AddHandler<TakesAlias>(Nothing)
            .AddHandler<Two>(Nothing)
            .AddHandler<Two>(Nothing)
            .AddHandler<AllWrong>(Nothing)
            .AddHandler<WrongDescription>(Nothing)
            .AddHandler<One>(Nothing, static h => h.Upgrade(1, static j => j).Upgrade(3, static j => j)));

        const string Here = "Longhaul.Tests.Registry.RegistryTests+";
        problems.ShouldBe(
        [
            $"A payload type must have a [Job] attribute that names it, but {Here}Nameless has none. Put [Job(\"nameless\")] on it, or another name of your choice.",
            $"The job name of {Here}AllWrong must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"-bad name-\". Correct its [Job] attribute.",
            $"An alias of {Here}AllWrong must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"bad\\nalias\". Correct its [Job(Aliases = …)].",
            $"[Job(\"-bad name-\", Queue = …)] of {Here}AllWrong must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"bad queue\".",
            $"[Job(\"-bad name-\", Version = …)] of {Here}AllWrong must be at least 1, but was 0.",
            $"[Job(\"-bad name-\")] of {Here}AllWrong: MaxAttempts must be at least 1, but was -1.",
            $"The description of {Here}WrongDescription must name members of the payload, but has {{Missing}}. It has: name. To show a brace, write it twice.",
            "An upgrader of \"registry.one\" must begin below its version, but one begins at 3 and [Job] says Version = 3. Raise Version to 4 or remove the upgrader.",
            "The upgraders of \"registry.one\" must lead without a gap to Version = 3, but there is none from 2. Add HandlerOptions.Upgrade(2, …); one that returns its argument will do where nothing changed.",
            $"A job name must belong to one payload type, but \"registry.taken\" is the name of {Here}TakesName and an alias of {Here}TakesAlias. Rename one in its [Job] attribute.",
            $"A payload type must have one handler, but {Here}Two (\"registry.two\") has two. Remove one AddHandler call, or let one handler call the other.",
        ]);
    }

    [Fact]
    public void Rules_of_a_handler_are_asked_before_those_of_all()
    {
        var registry = Registry(static l => l
            .Configure(static o => o.Retry.FailOn<ArgumentException>().FailOn<IOException>())
            .Configure(static o => (o.MaxAttempts, o.RetryDelay) = (9, TimeSpan.FromSeconds(5)))
            .AddHandler<One>(Nothing, static h => h.Retry.RetryOn<ArgumentNullException>(maxAttempts: 2)));

        var one = registry.Find("registry.one")!;

        one.Retry.For(new ArgumentNullException()).ShouldBe(new RetryRule(typeof(ArgumentNullException), Fail: false, null, 2));
        one.Retry.For(new ArgumentException())!.Fail.ShouldBeTrue();
        one.Retry.For(new InvalidOperationException()).ShouldBeNull();
        one.Policy.ShouldBe(new JobPolicy { MaxAttempts = 7, RetryDelay = TimeSpan.FromSeconds(5) });
    }
}
