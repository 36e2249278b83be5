using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Client;

/// <summary>Every refusal says what must hold, what was found, and what to do; none quotes the payload.</summary>
public sealed class BadEnqueueTests : IAsyncDisposable
{
    private const string Canary = "hunter2";

    private readonly ServiceProvider _services = App.Of(static l => l.UseMemory().AddHandler<Typed>(static (_, _, _) => Task.CompletedTask));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Job("bad.plain")]
    public sealed record Plain(string Text = "");

    [Job("bad.typed", Version = 2)]
    public sealed record Typed(int Count, string Name);

    public sealed record Nameless;

    [Job("bad name")]
    public sealed record BadName;

    [Job("bad.loop")]
    public sealed class Loop
    {
        public string Password => Canary;

        public Loop Self => this;
    }

    [Job("bad.getter")]
    public sealed record Getter
    {
        public string Value => throw new InvalidOperationException(Canary);
    }

    [Job("bad.delegate")]
    public sealed record Delegate(Action Do);

    public static TheoryData<EnqueueOptions, string> Options => new()
    {
        { new() { Queue = "a\nb" }, "Queue must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"a\\nb\"." },
        { new() { Queue = "" }, "Queue must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"\"." },
        { new() { Owner = new string('x', 129) }, $"Owner must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"{new string('x', 60)}\"… (129 characters)." },
        { new() { Delay = TimeSpan.FromSeconds(-1) }, "Delay must not be negative, but was -00:00:01." },
        { new() { Delay = TimeSpan.MaxValue }, "Delay must be at most 36,500 days, but was 10,675,199 days." },
        { new() { Delay = TimeSpan.Zero, RunAt = DateTimeOffset.UnixEpoch }, "Delay and RunAt must not be set together, but both are. Keep the one that you mean." },
        { new() { UniqueKey = "" }, "UniqueKey must have 1–256 characters, but has 0. Use a hash of what is longer." },
        { new() { UniqueKey = new string('x', 257) }, "UniqueKey must have 1–256 characters, but has 257. Use a hash of what is longer." },
        { new() { UniqueKey = "a\u0001b" }, "UniqueKey must hold no control characters and no halves of surrogate pairs, but was \"a\\u0001b\"." },
        { new() { UniqueKey = "a\0" }, "UniqueKey must hold no control characters and no halves of surrogate pairs, but was \"a\\u0000\"." },
        { new() { UniqueKey = "a\ud800" }, "UniqueKey must hold no control characters and no halves of surrogate pairs, but was \"a\\ud800\"." },
        { new() { UniqueFor = TimeSpan.FromHours(1) }, "UniqueFor must come with a UniqueKey, but there is none. Set UniqueKey, or leave UniqueFor out." },
        { new() { UniqueKey = "k", UniqueFor = TimeSpan.FromHours(1) }, "UniqueFor must come with UniqueScope.Window, but the scope is UntilFinished. Set UniqueScope = UniqueScope.Window, or leave UniqueFor out." },
        { new() { UniqueKey = "k", UniqueScope = UniqueScope.Window }, "UniqueFor must say how long, with UniqueScope.Window, but is not set." },
        { new() { UniqueKey = "k", UniqueScope = UniqueScope.Window, UniqueFor = TimeSpan.Zero }, "UniqueFor must be over zero, but was 00:00:00. Leave it out with any other UniqueScope." },
        { new() { UniqueKey = "k", UniqueScope = (UniqueScope)9 }, "UniqueScope must be UntilStarted, UntilFinished or Window, but was 9." },
        { new() { Tags = [.. Enumerable.Range(0, 17).Select(static i => $"t{i}")] }, "Tags must be at most 16, but there are 17." },
        { new() { Tags = [new string('t', 65)] }, "A tag must have 1–64 characters, but one has 65." },
        { new() { Tags = [null!] }, "A tag must have 1–64 characters, but one has 0." },
        { new() { Tags = ["a\tb"] }, "A tag must hold no control characters and no halves of surrogate pairs, but was \"a\\u0009b\"." },
        { new() { MaxAttempts = 0 }, "MaxAttempts must be at least 1, but was 0." },
        { new() { MaxLostRuns = -1 }, "MaxLostRuns must be at least 0, but was -1." },
        { new() { RetryDelay = TimeSpan.FromSeconds(-1) }, "RetryDelay must not be negative, but was -00:00:01." },
        { new() { MaxRetryDelay = TimeSpan.FromSeconds(-1) }, "MaxRetryDelay must not be negative, but was -00:00:01." },
        { new() { RetryJitter = 1.5 }, "RetryJitter must be from 0 to 1, but was 1.5. 0.1 makes each delay up to 10 % shorter." },
        { new() { RetryJitter = double.NaN }, "RetryJitter must be from 0 to 1, but was NaN. 0.1 makes each delay up to 10 % shorter." },
        { new() { Timeout = TimeSpan.Zero }, "Timeout must be over zero, but was 00:00:00. Leave it out for no limit." },
        { new() { ShutdownTimeout = TimeSpan.FromSeconds(-1) }, "ShutdownTimeout must not be negative, but was -00:00:01." },
        { new() { StallAfter = TimeSpan.Zero }, "StallAfter must be over zero, but was 00:00:00. Leave it out for the default." },
        { new() { Retention = TimeSpan.FromDays(-1) }, "Retention must not be negative, but was -1.00:00:00." },
        { new() { ContinueFrom = new JobId(0) }, "ContinueFrom must be the id of a job, from 1 to 9007199254740991, but was 0." },
    };

    [Theory, MemberData(nameof(Options))]
    public async Task A_wrong_option_is_refused_at_the_call(EnqueueOptions options, string message)
    {
        var error = await Should.ThrowAsync<ArgumentException>(async () => await _services.Client().EnqueueAsync(new Plain(), options, Stop));

        error.Message.Split(" (Parameter")[0].ShouldBe(message);
    }

    [Fact]
    public async Task A_payload_without_a_name_is_refused()
    {
        (await RefusedAsync(new Nameless())).ShouldBe(
            "A payload type must have a [Job] attribute that names it, but Longhaul.Tests.Client.BadEnqueueTests+Nameless has none. Put [Job(\"nameless\")] on it, or another name of your choice.");
        (await RefusedAsync("text")).ShouldBe(
            "A payload must be a type of its own with a [Job] attribute, but was System.String. Declare a record for it: [Job(\"some.name\")] public sealed record SomeJob(…);");
        (await RefusedAsync(new BadName())).ShouldBe(
            "The job name of Longhaul.Tests.Client.BadEnqueueTests+BadName must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"bad name\". Correct its [Job] attribute.");
        await Should.ThrowAsync<ArgumentNullException>(async () => await _services.Client().EnqueueAsync<Plain>(null!, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_payload_that_does_not_serialise_is_refused_without_its_content()
    {
        foreach (object payload in (object[])[new Loop(), new Getter(), new Delegate(static () => { })])
        {
            var message = await RefusedAsync(payload);
            message.ShouldContain("must be data that System.Text.Json can write");
            message.ShouldEndWith("Keep to plain values, lists and records, or mark what does not belong in it with [JsonIgnore].");
            message.ShouldNotContain(Canary);
        }
    }

    [Fact]
    public async Task A_payload_over_the_limit_is_refused_and_one_at_the_limit_is_not()
    {
        const int Frame = 11; // {"text":""}
        (await RefusedAsync(new Plain(new string('x', (1 << 20) - Frame + 1)))).ShouldBe(
            "The payload of job \"bad.plain\" must be at most 1,048,576 bytes of JSON, but has 1,048,577. Put large data into a file or table and its key into the payload.");

        await _services.Client().EnqueueAsync(new Plain(new string('x', (1 << 20) - Frame)), cancellationToken: Stop);
    }

    [Theory]
    [InlineData("bad name", "{}", "A job name must be 1–128 of A-Z a-z 0-9 . _ - : /, but was \"bad name\".")]
    [InlineData("any", "", "The payload of job \"any\" must be JSON, but is empty. Give {} where the job needs no data.")]
    [InlineData("any", "{\"a\":hunter2}", "The payload of job \"any\" must be valid JSON, but is not at line 1, byte 6.")]
    [InlineData("any", "{} {}", "The payload of job \"any\" must be valid JSON, but is not at line 1, byte 4.")]
    [InlineData("bad.typed", "{\"count\":\"hunter2\",\"name\":\"x\"}", "The payload of job \"bad.typed\" must fit Longhaul.Tests.Client.BadEnqueueTests+Typed, but its member 'count' does not fit Int32 at line 1, byte 19.")]
    [InlineData("bad.typed", "{\"name\":\"hunter2\"}", "The payload of job \"bad.typed\" must fit Longhaul.Tests.Client.BadEnqueueTests+Typed, but it lacks count.")]
    [InlineData("bad.typed", "{\"count\":1,\"name\":null}", "The payload of job \"bad.typed\" must fit Longhaul.Tests.Client.BadEnqueueTests+Typed, but its member 'name' does not fit String at line 1, byte 23.")]
    [InlineData("bad.typed", "null", "The payload of job \"bad.typed\" must fit Longhaul.Tests.Client.BadEnqueueTests+Typed, but is null.")]
    public async Task Pushed_JSON_is_checked(string name, string payload, string message)
    {
        var error = await Should.ThrowAsync<ArgumentException>(
            async () => await _services.Client().EnqueueJsonAsync(name, System.Text.Encoding.UTF8.GetBytes(payload), cancellationToken: Stop));

        error.Message.Split(" (Parameter")[0].ShouldBe(message);
        error.ToString().ShouldNotContain(Canary);
    }

    [Fact]
    public async Task Pushed_JSON_is_kept_byte_for_byte()
    {
        var payload = "{ \"count\" : 1e0, \"name\":\"\\u00e9\", \"big\": 12345678901234567890.10 }"u8.ToArray();

        var id = await _services.Client().EnqueueJsonAsync("bad.unknown", payload, cancellationToken: Stop);
        var typed = await _services.Client().EnqueueJsonAsync("bad.typed", "{\"count\":1,\"name\":\"x\"}"u8.ToArray(), cancellationToken: Stop);

        var store = _services.GetRequiredService<Storage.IJobStore>();
        (await store.GetJobAsync(id, Stop))!.Payload.ToArray().ShouldBe(payload);
        (await store.GetJobAsync(typed, Stop))!.PayloadVersion.ShouldBe(2);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<string> RefusedAsync<T>(T payload) where T : notnull
    {
        var error = await Should.ThrowAsync<ArgumentException>(async () => await _services.Client().EnqueueAsync(payload, cancellationToken: Stop));
        error.ToString().ShouldNotContain(Canary);
        return error.Message.Split(" (Parameter")[0];
    }
}
