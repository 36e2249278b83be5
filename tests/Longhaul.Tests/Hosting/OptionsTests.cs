using Longhaul.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Hosting;

public sealed class OptionsTests
{
    private static LonghaulInstance Instance(Action<LonghaulBuilder> longhaul, params (string Key, string? Value)[] settings)
        => App.Of(longhaul, null, settings).GetRequiredService<LonghaulInstance>();

    [Fact]
    public void Settings_win_over_code_and_durations_are_seconds_or_clock_times()
    {
        var instance = Instance(
            static l => l.UseMemory().AddWorker(static w => (w.Concurrency, w.ShutdownTimeout) = (4, TimeSpan.FromMinutes(1))).Configure(static o => o.DefaultQueue = "code"),
            ("Longhaul:DefaultQueue", "settings"),
            ("longhaul:retrydelay", "90"),
            ("Longhaul:MaxRetryDelay", "02:00:00"),
            ("Longhaul:RetryJitter", "0.25"),
            ("Longhaul:AutoMigrate", "off"),
            ("Longhaul:SecretNames:0", "iban"),
            ("Longhaul:Worker:Concurrency", "8"),
            ("Longhaul:Worker:Queues:0", "b"),
            ("Longhaul:Worker:Queues:1", "a"),
            ("Longhaul:Worker:MemoryLimitMegabytes", ""),
            ("Longhaul:Worker:Timeout", "0.5"));

        instance.Options.DefaultQueue.ShouldBe("settings");
        instance.Options.RetryDelay.ShouldBe(TimeSpan.FromSeconds(90));
        instance.Options.MaxRetryDelay.ShouldBe(TimeSpan.FromHours(2));
        instance.Options.RetryJitter.ShouldBe(0.25);
        instance.Options.AutoMigrate.ShouldBeFalse();
        instance.Options.SecretNames.ShouldContain("iban");
        instance.Options.SecretNames.ShouldContain("password");
        instance.Worker!.Concurrency.ShouldBe(8);
        instance.Worker.ShutdownTimeout.ShouldBe(TimeSpan.FromMinutes(1));
        instance.Worker.QueueNames.ShouldBe(["b", "a"]);
        instance.Worker.MemoryLimitMegabytes.ShouldBeNull();
        instance.Worker.Timeout.ShouldBe(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public void Queues_may_be_one_text_with_commas()
        => Instance(static l => l.UseMemory().AddWorker(), ("Longhaul:Worker:Queues", "high, default ,low")).Worker!.QueueNames.ShouldBe(["high", "default", "low"]);

    [Fact]
    public void The_default_queue_comes_from_QUEUE_DEFAULT_unless_something_says_otherwise()
    {
        Instance(static l => l.UseMemory()).Options.DefaultQueue.ShouldBe("default");
        Instance(static l => l.UseMemory(), ("QUEUE_DEFAULT", "jobs")).Options.DefaultQueue.ShouldBe("jobs");
        Instance(static l => l.UseMemory(), ("QUEUE_DEFAULT", "jobs"), ("Longhaul:DefaultQueue", "x")).Options.DefaultQueue.ShouldBe("x");
    }

    [Fact]
    public void An_unknown_setting_is_refused_with_a_suggestion()
    {
        var problems = App.Problems(
            static l => l.UseMemory().AcceptSection("Sqlite"),
            ("Longhaul:RetryDely", "5"),
            ("Longhaul:Worker:Concurency", "5"),
            ("Longhaul:Zzz", "5"),
            ("Longhaul:Sqlite:BusyTimeout", "5"),
            ("Longhaul:Stores:reports:DefaultQueue", "x"));

        problems.ShouldBe(
        [
            "Longhaul:RetryDely must be a setting of Longhaul, but is not known. Did you mean RetryDelay?",
            "Longhaul:Worker:Concurency must be a setting of Longhaul, but is not known. Did you mean Concurrency?",
            "Longhaul:Zzz must be a setting of Longhaul, but is not known. Known are: AutoMigrate, DefaultQueue, MaxAttempts, MaxRetryDelay, Processes, Retention, RetryDelay, RetryJitter, SecretNames, Sqlite, Store, Stores, Worker.",
        ], ignoreOrder: true);
    }

    [Fact]
    public void Values_that_do_not_hold_are_all_told()
    {
        var problems = App.Problems(
            static l => l.UseMemory().AddWorker(static w => w.Lease = TimeSpan.FromSeconds(2)),
            ("Longhaul:DefaultQueue", "a b"),
            ("Longhaul:MaxAttempts", "many"),
            ("Longhaul:RetryDelay", "-1"),
            ("Longhaul:Retention", "soon"),
            ("Longhaul:AutoMigrate", "perhaps"),
            ("Longhaul:Store:Url", "x"),
            ("Longhaul:SecretNames:0", "--"),
            ("Longhaul:Worker:Concurrency", "0"));

        problems.ShouldBe(
        [
            "Longhaul:AutoMigrate must be true or false, but was \"perhaps\".",
            "Longhaul:MaxAttempts must be a whole number, but was \"many\".",
            "Longhaul:Retention must be seconds or hh:mm:ss, but was \"soon\".",
            "Longhaul:Store must be one value, but has parts (Url). Write it as one.",
            "DefaultQueue must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"a b\". Correct it (or QUEUE_DEFAULT).",
            "RetryDelay must not be negative, but was -00:00:01.",
            "SecretNames must hold letters or digits, but one has none: it would hide everything. Remove it.",
            "Worker.Concurrency must be from 1 to 100000, but was 0. Correct it, or leave it out for the default.",
            "Worker.Lease must be at least six times Worker.Heartbeat (00:00:06), but was 00:00:02. Raise Lease or lower Heartbeat.",
        ], ignoreOrder: true);
    }

    [Fact]
    public void A_named_longhaul_has_settings_of_its_own()
    {
        var services = App.Of(
            static l => l.UseMemory(),
            static s => s.AddLonghaul("reports", static l => { }),
            ("Longhaul:DefaultQueue", "mine"),
            ("Longhaul:Stores:reports:DefaultQueue", "theirs"),
            ("Longhaul:Stores:reports:Store", "memory:"),
            ("QUEUE_DEFAULT", "nobodys"));

        services.GetRequiredService<LonghaulInstance>().Options.DefaultQueue.ShouldBe("mine");
        services.GetRequiredKeyedService<LonghaulInstance>("reports").Options.DefaultQueue.ShouldBe("theirs");
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddLonghaul("no good", static _ => { }))
            .Message.ShouldStartWith("The name of a Longhaul must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"no good\".");
    }

    [Fact]
    public void Two_stores_in_one_longhaul_are_refused()
        => Should.Throw<InvalidOperationException>(static () => App.Of(static l => l.UseMemory().UseSync())).Message
            .ShouldStartWith("A Longhaul must have one store, but a second one was named.");
}
