using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Hosting;

public sealed class StoreUrlTests
{
    [Theory]
    [InlineData("sqlite:app.db", "sqlite", "app.db")]
    [InlineData("sqlite:/var/lib/app.db", "sqlite", "/var/lib/app.db")]
    [InlineData("sqlite:///var/lib/app.db", "sqlite", "/var/lib/app.db")]
    [InlineData("SQLite:C:\\data\\app.db", "sqlite", "C:\\data\\app.db")]
    [InlineData(" memory: ", "memory", "")]
    [InlineData("memory", "memory", "")]
    [InlineData("sync", "sync", "")]
    [InlineData("postgres://u:p@h:5432/db", "postgres", "u:p@h:5432/db")]
    public void An_address_has_a_scheme_and_a_location(string text, string scheme, string location)
    {
        var url = StoreUrl.Parse(text);

        url.Scheme.ShouldBe(scheme);
        url.Location.ShouldBe(location);
    }

    [Fact]
    public void Options_stand_behind_a_question_mark()
    {
        var url = StoreUrl.Parse("sqlite:a b.db?synchronous=normal&busyTimeout=5%2E5&plain");

        url.Location.ShouldBe("a b.db");
        url.Query["SYNCHRONOUS"].ShouldBe("normal");
        url.Query["busyTimeout"].ShouldBe("5.5");
        url.Query["plain"].ShouldBe("");
    }

    [Theory]
    [InlineData("postgres://ann:hunter2@db:5432/jobs", "postgres://ann:***@db:5432/jobs")]
    [InlineData("postgres://ann:hun@ter:2@db/jobs?password=hunter2", "postgres://ann:***@db/jobs?…")]
    [InlineData("redis://:hunter2@127.0.0.1:6379/1", "redis://:***@127.0.0.1:6379/1")]
    [InlineData("sqlite:app.db", "sqlite:app.db")]
    public void A_password_is_never_shown(string text, string shown) => StoreUrl.Parse(text).ToString().ShouldBe(shown);

    [Theory]
    [InlineData("app.db", "The address of a store must begin with its kind, as sqlite:FILE or memory:, but was \"app.db\". For a file write sqlite:app.db")]
    [InlineData("C:\\app.db", "The address of a store must begin with its kind, as sqlite:FILE or memory:, but was \"C:\\app.db\". For a file write sqlite:C:\\app.db")]
    [InlineData("", "The address of a store must begin with its kind, as sqlite:FILE or memory:, but was \"\".")]
    public void An_address_without_a_scheme_is_refused(string text, string message)
        => Should.Throw<ArgumentException>(() => StoreUrl.Parse(text)).Message.ShouldBe(message);

    [Theory]
    [InlineData("sync", null, "sync:")]
    [InlineData("array", null, "memory:")]
    [InlineData("database", "sqlite:app.db", "sqlite:app.db")]
    [InlineData("redis", null, "redis://:p%40ss@cache:6380/1")]
    public void The_variables_of_other_queues_name_a_store(string driver, string? database, string url)
    {
        foreach (var variable in (string[])["QUEUE_CONNECTION", "QUEUE_DRIVER"])
        {
            var settings = Given((variable, driver), ("DATABASE_URL", database), ("REDIS_HOST", "cache"), ("REDIS_PORT", "6380"), ("REDIS_PASSWORD", "p@ss"));

            StoreSetting.Find(settings, null, null)!.Text.ShouldBe(url);
        }
    }

    [Fact]
    public void Redis_is_local_and_without_password_unless_said()
        => StoreSetting.Find(Given(("QUEUE_DRIVER", "redis"), ("REDIS_PASSWORD", "")), null, null)!.Text.ShouldBe("redis://127.0.0.1:6379/1");

    [Fact]
    public void The_own_variable_wins_then_the_settings_then_those_of_other_queues()
    {
        StoreSetting.Find(Given(("LONGHAUL_STORE", "sqlite:a"), ("QUEUE_DRIVER", "sync")), "sqlite:b", null)!.Text.ShouldBe("sqlite:a");
        StoreSetting.Find(Given(("QUEUE_DRIVER", "sync")), "sqlite:b", null)!.Text.ShouldBe("sqlite:b");
        StoreSetting.Find(Given(("LONGHAUL_STORE", "sqlite:a"), ("QUEUE_DRIVER", "sync")), null, "reports").ShouldBeNull();
    }

    [Theory]
    [InlineData("QUEUE_CONNECTION", "sqs", "QUEUE_CONNECTION: A store must hold runs that are fenced, cancelled and watched, but sqs cannot")]
    [InlineData("QUEUE_CONNECTION", "database", "With QUEUE_CONNECTION=database, DATABASE_URL must say where the database is, but is not set.")]
    [InlineData("QUEUE_DRIVER", "beanstalkd", "QUEUE_DRIVER must be one of sync, database, redis, array, but was \"beanstalkd\".")]
    [InlineData("LONGHAUL_STORE", "sqs://queue", "A store must hold runs that are fenced, cancelled and watched, but sqs cannot")]
    [InlineData("LONGHAUL_STORE", "postgres://ann:hunter2@db/jobs", "The store postgres://ann:***@db/jobs needs a package that is not in this build. Add UsePostgres or AddPostgres of the package Longhaul.Postgres, or use one of memory:, sync:.")]
    [InlineData("LONGHAUL_STORE", "mysql://db", "The address of a store must be one of memory:, sync:, but was \"mysql://db\".")]
    [InlineData("LONGHAUL_STORE", "app.db", "LONGHAUL_STORE: The address of a store must begin with its kind")]
    [InlineData("NOTHING", "x", "A store must be named, but none is. Call UseSqlite(\"app.db\"), UseMemory() or another Use… in AddLonghaul, or set LONGHAUL_STORE or Longhaul:Store to one of memory:, sync:.")]
    public void What_names_no_store_is_told_at_start(string variable, string value, string beginning)
        => App.Problems(static _ => { }, (variable, value)).ShouldHaveSingleItem().ShouldStartWith(beginning);

    [Fact]
    public async Task A_package_adds_its_scheme()
    {
        StoreUrl? asked = null;
        await using var services = App.Of(
            l => l.AddStoreScheme("file", (url, _) =>
            {
                asked = url;
                return new Memory.MemoryStore();
            }),
            null,
            ("Longhaul:Store", "file:/data/x?fast=1"));

        (await services.GetRequiredService<IJobStore>().ListQueuesAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();

        asked!.Location.ShouldBe("/data/x");
        asked.Query["fast"].ShouldBe("1");
    }

    [Fact]
    public async Task The_sync_store_can_be_named_by_settings()
    {
        await using var services = App.Of(static l => l.AddWorker(), null, ("LONGHAUL_STORE", "sync:"));

        services.GetRequiredService<IJobStore>().Info.Driver.ShouldBe("sync");
        services.GetRequiredService<LonghaulInstance>().Worker.ShouldBeNull();
    }

    private static Settings Given(params (string Key, string? Value)[] variables)
        => new(null, name => variables.FirstOrDefault(v => v.Key == name).Value);
}
