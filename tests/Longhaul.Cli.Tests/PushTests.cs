using System.Text;
using Longhaul.Cli.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

public sealed class PushTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_job_is_pushed_and_its_id_printed()
    {
        var run = (await _world.RunAsync("""push mail.welcome --payload '{"email":"a@b.c"}'""")).Ends(0);

        var job = (await _world.GetAsync(JobId.Parse(run.Out.Trim())))!;
        job.Name.ShouldBe("mail.welcome");
        job.Queue.ShouldBe("default");
        Encoding.UTF8.GetString(job.Payload.Span).ShouldBe("""{"email":"a@b.c"}""");
        (await _world.LookAsync("push mail.welcome")).Ends(0).Out.ShouldContain("Pushed ");
        (await _world.RunAsync("push mail.welcome --json")).Ends(0).Json.GetProperty("created").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Every_option_arrives()
    {
        var run = (await _world.RunAsync(
            "push reports.monthly --queue reports --delay 1h30m --priority 5 --owner ann --tag a --tag b --description about --max-attempts 7 " +
            "--retry-delay 30 --max-retry-delay 10m --timeout 00:10:00 --stall-after 1m --max-lost-runs 0 --retention 1d --unique month-1")).Ends(0);

        var job = (await _world.GetAsync(JobId.Parse(run.Out.Trim())))!;
        job.Queue.ShouldBe("reports");
        job.DueAt.ShouldBe(ManualClock.Start.AddMinutes(90));
        job.Priority.ShouldBe((byte)5);
        job.Owner.ShouldBe("ann");
        job.Tags.ShouldBe(["a", "b"]);
        job.Description.ShouldBe("about");
        job.UniqueKey.ShouldBe("month-1");
        job.Policy.ShouldBe(new JobPolicy
        {
            MaxAttempts = 7,
            RetryDelay = TimeSpan.FromSeconds(30),
            MaxRetryDelay = TimeSpan.FromMinutes(10),
            Timeout = TimeSpan.FromMinutes(10),
            StallAfter = TimeSpan.FromMinutes(1),
            MaxLostRuns = 0,
            Retention = TimeSpan.FromDays(1),
        });
    }

    [Fact]
    public async Task A_moment_can_be_named()
    {
        var id = JobId.Parse((await _world.RunAsync("push n --run-at 2027-01-31T08:00+02:00")).Ends(0).Out.Trim());

        (await _world.GetAsync(id))!.DueAt.ShouldBe(new DateTimeOffset(2027, 1, 31, 6, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_unique_job_is_pushed_once()
    {
        var first = (await _world.RunAsync("push n --unique k")).Ends(0).Out;

        (await _world.RunAsync("push n --unique k")).Ends(0).Out.ShouldBe(first);
        (await _world.RunAsync("push n --unique k --json")).Ends(0).Json.GetProperty("created").GetBoolean().ShouldBeFalse();
        (await _world.LookAsync("push n --unique k")).Ends(0).Out.ShouldContain("was already there");
    }

    [Fact]
    public async Task The_payload_can_come_from_standard_input_or_a_file()
    {
        _world.Terminal = _world.Terminal.Typing("""{"n": 17}""");
        var piped = JobId.Parse((await _world.RunAsync("push n --payload -")).Ends(0).Out.Trim());
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "[1,2]", Cancel);
        var read = JobId.Parse((await _world.RunAsync(["push", "n", "--payload-file", file])).Ends(0).Out.Trim());
        File.Delete(file);

        Make.Text((await _world.GetAsync(piped))!.Payload).ShouldBe("""{"n": 17}""");
        Make.Text((await _world.GetAsync(read))!.Payload).ShouldBe("[1,2]");
    }

    [Theory]
    [InlineData("push n --payload -", "is empty")]
    [InlineData("push n --payload ''", "is empty")]
    [InlineData("push n --payload '{\"a\":'", "is not JSON, at line 1")]
    [InlineData("push n --payload '{} {}'", "is not JSON")]
    [InlineData("push n --payload @file", "is not JSON")]
    [InlineData("push n --payload-file /no/such/file", "--payload-file:")]
    [InlineData("push n --payload-file /", "--payload-file:")]
    [InlineData("push n --payload 1 --payload-file x", "do not go together")]
    [InlineData("push 'a b'", "job name")]
    [InlineData("push n --owner 'a b'", "--owner")]
    public async Task What_cannot_be_pushed_is_wrong_use(string line, string expected)
    {
        var run = (await _world.RunAsync(line)).Ends(2);

        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain(expected);
        (await _world.RunAsync("jobs")).Out.ShouldBeEmpty();
    }

    /// <summary>B72: however much comes, one byte over the limit is read at most.</summary>
    [Fact]
    public async Task An_endless_payload_is_refused_without_being_read()
    {
        var endless = new Endless();
        _world.Terminal = _world.Terminal with { InputStream = endless };

        (await _world.RunAsync("push n --payload -")).Ends(2).Error.ShouldContain("over the limit of 1 MiB");

        endless.Given.ShouldBe(JobLimits.PayloadBytes + 1);
    }

    [Fact]
    public async Task The_payload_is_never_quoted_in_an_error()
        => (await _world.RunAsync("""push n --payload '{"password":"s3cret"'""")).Ends(2).Error.ShouldNotContain("s3cret");

    private sealed class Endless : Stream
    {
        public long Given { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Given; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)' ');
            Given += buffer.Length;
            return buffer.Length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
