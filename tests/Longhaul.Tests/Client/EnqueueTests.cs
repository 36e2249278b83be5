using System.Diagnostics;
using System.Text;
using Longhaul.Storage;
using Longhaul.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Tests.Client;

[Collection("Listeners of traces hear the whole process")]
public sealed class EnqueueTests : IAsyncDisposable
{
    private readonly ServiceProvider _services = App.Of(static l => l.UseMemory(), null, ("QUEUE_DEFAULT", "main"));

    private IJobClient Jobs => _services.Client();

    private IJobStore Store => _services.GetRequiredService<IJobStore>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Job("client.import", Queue = "imports", Priority = 10, MaxAttempts = 5, RetryDelaySeconds = 0, TimeoutSeconds = 90, MaxLostRuns = 0, RetentionHours = 1,
        Description = "Import {File} ({Customer.Name}, {Rows}) {{x}}")]
    public sealed record Import(string File, int Rows = 0, Customer? Customer = null, [property: Secret] string? Note = null);

    public sealed record Customer(string Name);

    [Job("client.plain")]
    public sealed record Plain(string Text = "");

    [Fact]
    public async Task A_job_gets_what_its_attribute_says()
    {
        var id = await Jobs.EnqueueAsync(new Import("a.csv", 12, new Customer("Zoë")), cancellationToken: Stop);

        var job = await GetAsync(id);
        job.Queue.ShouldBe("imports");
        job.Priority.ShouldBe((byte)10);
        job.Policy.ShouldBe(new JobPolicy { MaxAttempts = 5, RetryDelay = TimeSpan.Zero, Timeout = TimeSpan.FromSeconds(90), MaxLostRuns = 0, Retention = TimeSpan.FromHours(1) });
        job.Description.ShouldBe("Import a.csv (Zoë, 12) {x}");
        Encoding.UTF8.GetString(job.Payload.Span).ShouldBe("""{"file":"a.csv","rows":12,"customer":{"name":"Zoë"},"note":null}""");
    }

    [Fact]
    public async Task A_call_wins_over_the_attribute()
    {
        var id = await Jobs.EnqueueAsync(
            new Import("a.csv"),
            new()
            {
                Queue = "fast",
                Priority = 0,
                MaxAttempts = 1,
                RetryJitter = 0.5,
                StallAfter = TimeSpan.FromHours(1),
                Owner = "team:1/ann",
                Tags = ["x", "y", "x"],
                Description = "{file}: {note}",
                UniqueKey = "k",
            },
            Stop);

        var job = await GetAsync(id);
        job.Queue.ShouldBe("fast");
        job.Priority.ShouldBe((byte)0);
        job.Policy!.MaxAttempts.ShouldBe(1);
        job.Policy.RetryJitter.ShouldBe(0.5);
        job.Policy.StallAfter.ShouldBe(TimeSpan.FromHours(1));
        job.Policy.Timeout.ShouldBe(TimeSpan.FromSeconds(90));
        job.Owner.ShouldBe("team:1/ann");
        job.Tags.ShouldBe(["x", "y"]);
        job.Description.ShouldBe("a.csv: ***");
        job.UniqueKey.ShouldBe("k");
    }

    [Fact]
    public async Task A_job_that_says_nothing_gets_the_default_queue_and_no_policy()
    {
        var job = await GetAsync(await Jobs.EnqueueAsync(new Plain(), cancellationToken: Stop));

        job.Queue.ShouldBe("main");
        job.Priority.ShouldBe(JobDefaults.Priority);
        job.Policy.ShouldBeNull();
        job.Description.ShouldBeNull();
    }

    [Fact]
    public async Task A_payload_enqueued_as_its_base_type_keeps_its_own_name()
    {
        object payload = new Plain("x");

        (await GetAsync(await Jobs.EnqueueAsync(payload, cancellationToken: Stop))).Name.ShouldBe("client.plain");
    }

    [Fact]
    public async Task A_delayed_job_is_scheduled_and_one_of_the_past_is_due()
    {
        var later = await Jobs.EnqueueAsync(new Plain(), new() { Delay = TimeSpan.FromMinutes(5) }, Stop);
        var past = await Jobs.EnqueueAsync(new Plain(), new() { RunAt = DateTimeOffset.UnixEpoch }, Stop);

        (await Jobs.GetAsync(later, Stop))!.Derived.ShouldBe(DerivedState.Scheduled);
        (await Jobs.GetAsync(past, Stop))!.Derived.ShouldBe(DerivedState.None);
    }

    [Fact]
    public async Task The_second_job_of_a_key_is_the_one_that_is_there()
    {
        var options = new EnqueueOptions { UniqueKey = "one" };

        var first = await Jobs.EnqueueAsync(new Plain("a"), options, Stop);
        var second = await Jobs.EnqueueAsync(new Plain("b"), options, Stop);

        first.Created.ShouldBeTrue();
        second.ShouldBe(new EnqueueResult(first.Id, Created: false));
    }

    [Fact]
    public async Task A_job_continues_its_producers_trace()
    {
        using var activity = new Activity("producer").SetIdFormat(ActivityIdFormat.W3C).Start();

        await Jobs.EnqueueAsync(new Plain(), cancellationToken: Stop);

        var session = new SessionId(1);
        await Store.OpenSessionAsync(
            new WorkerRecord
            {
                Session = session,
                Name = "w",
                HostName = "h",
                Host = new HostIdentity(null, null, null),
                ProcessId = 1,
                Names = ["client.plain"],
                Concurrency = 1,
                Lease = TimeSpan.FromSeconds(30),
            },
            Stop);
        var claim = await Store.ClaimAsync(new ClaimRequest { Session = session, ClaimId = 1, Queues = null, Names = ["client.plain"], Slots = 1 }, Stop);
        claim.Runs.ShouldHaveSingleItem().TraceParent.ShouldBe(activity.Id);
    }

    [Fact]
    public async Task A_description_is_one_line_of_at_most_200_characters()
    {
        var job = await GetAsync(await Jobs.EnqueueAsync(new Plain(new string('x', 300)), new() { Description = "a\nb {text}" }, Stop));

        job.Description.ShouldBe("a b " + new string('x', 196));
    }

    [Fact]
    public async Task What_a_description_does_not_find_stays_as_written()
        => (await GetAsync(await Jobs.EnqueueAsync(new Plain("x"), new() { Description = "{nothing} {text.deep} {} { text } {text}" }, Stop)))
            .Description.ShouldBe("{nothing} {text.deep} {} { text } x");

    [Fact]
    public async Task To_continue_a_job_it_must_be_there_and_have_ended()
    {
        var living = await Jobs.EnqueueAsync(new Plain(), cancellationToken: Stop);

        (await Should.ThrowAsync<ArgumentException>(async () => await Jobs.EnqueueAsync(new Plain(), new() { ContinueFrom = new JobId(4711) }, Stop)))
            .Message.ShouldStartWith("ContinueFrom must name a job that is in the store, but there is no job 4711.");
        (await Should.ThrowAsync<InvalidOperationException>(async () => await Jobs.EnqueueAsync(new Plain(), new() { ContinueFrom = living }, Stop)))
            .Message.ShouldStartWith($"ContinueFrom must name a job that has ended, but job {living.Id} has not.");
    }

    [Fact]
    public async Task A_transaction_is_refused_by_a_store_without_any()
    {
        var error = await Should.ThrowAsync<NotSupportedException>(async () => await Jobs.EnqueueAsync(new Plain(), new NoTransaction(), cancellationToken: Stop));

        error.Message.ShouldBe("A transaction must be one of the store's own database, but the store memory has none. Enqueue without it, after your commit.");
    }

    [Fact]
    public async Task Cancel_and_retry_tell_whether_they_did()
    {
        var id = await Jobs.EnqueueAsync(new Plain(), cancellationToken: Stop);

        (await Jobs.RetryAsync(id, Stop)).ShouldBeFalse();
        (await Jobs.CancelAsync(id, "wrong file", Stop)).ShouldBeTrue();
        (await Jobs.CancelAsync(id, cancellationToken: Stop)).ShouldBeFalse();
        (await Jobs.CancelAsync(new JobId(4711), cancellationToken: Stop)).ShouldBeFalse();
        var job = await Jobs.WaitAsync(id, cancellationToken: Stop);
        job.State.ShouldBe(JobState.Cancelled);
        job.Reason.ShouldBe("wrong file");
        (await Jobs.RetryAsync(id, Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_wait_ends_with_its_time_and_for_a_job_that_is_not_there()
    {
        var id = await Jobs.EnqueueAsync(new Plain(), cancellationToken: Stop);

        (await Should.ThrowAsync<TimeoutException>(() => Jobs.WaitAsync(id, TimeSpan.FromMilliseconds(30), Stop)))
            .Message.ShouldBe($"Job {id.Id} was to end within 00:00:00.0300000, but is pending. It goes on; wait again or cancel it.");
        await Should.ThrowAsync<KeyNotFoundException>(() => Jobs.WaitAsync(new JobId(4711), cancellationToken: Stop));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<JobRecord> GetAsync(JobId id) => (await Store.GetJobAsync(id, Stop)).ShouldNotBeNull();
}
