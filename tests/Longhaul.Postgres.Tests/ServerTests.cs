using Longhaul.Conformance;
using Longhaul.Servers;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Postgres.Tests;

/// <summary>What kind of server it is, and its end and return.</summary>
public sealed class ServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_restart_of_the_server_no_live_worker_is_taken_for_dead()
    {
        await using var server = await PostgresServer.StartAsync(durable: false);
        await using var schema = new StoreSchema(server);
        var store = await schema.OpenAsync();
        var worker = StoreSchema.Worker(TimeSpan.FromMinutes(1));
        await store.OpenSessionAsync(worker, Cancel);
        using var heart = store.OpenHeart(worker.Session);
        heart.Tick(renew: true);
        var other = StoreSchema.Worker(TimeSpan.FromMinutes(1));
        await store.OpenSessionAsync(other, Cancel);
        using var observing = store.OpenHeart(other.Session);
        observing.Tick(renew: true);
        await schema.AskAsync("UPDATE lh_session SET renewed = renewed - 3600000000"); // as if the server had been away for an hour

        await server.CrashAsync();
        Should.Throw<StoreException>(() => heart.Tick()).IsTransient.ShouldBeTrue();
        await server.StartAsync();

        observing.Tick().Peers.ShouldAllBe(static peer => !peer.LeaseExpired && !peer.ConnectionGone);
        (await RecoverAsync(store, other.Session)).Dead.ShouldBeEmpty();
        heart.Tick(renew: true).Lease.ShouldBe(LeaseReply.Held);
        await store.AddAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData(";Target Session Attributes=primary")]
    [InlineData(";Target Session Attributes=read-write")]
    public async Task Of_several_servers_the_one_that_takes_writes_is_used(string wanted)
    {
        var server = await TestServer.GetAsync();
        await using var replica = await PostgresServer.StartReplicaAsync();
        await using var schema = new StoreSchema(server);
        var store = await schema.OpenAsync("worker", options => options.ConnectionString = $"Host=127.0.0.1:{replica.Port},127.0.0.1:{server.Port};Username=postgres;Application Name={schema.Name} worker{wanted}");
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        using var heart = store.OpenHeart(worker.Session);
        heart.Tick(renew: true).Lease.ShouldBe(LeaseReply.Held);
        var wait = store.WaitForWorkAsync(null, store.WakeStamp, TimeSpan.FromHours(10), Cancel);

        await (await schema.OpenAsync("producer")).AddAsync();

        await Await.WithinAsync(wait, "the wake-up");
        (await ClaimAsync(store, worker)).ShouldHaveSingleItem();
        (await schema.ConnectionsAsync("worker")).ShouldBeInRange(3, 4);
    }

    [Fact]
    public async Task When_none_of_several_servers_takes_writes_it_may_be_tried_again()
    {
        await using var replica = await PostgresServer.StartReplicaAsync();
        await using var store = new PostgresStore(new() { ConnectionString = $"Host=127.0.0.1:{replica.Port},127.0.0.1:1;Username=postgres" });

        var error = await Should.ThrowAsync<StoreUnavailableException>(() => store.OpenAsync(migrate: true, Cancel));

        error.Message.ShouldContain("take writes");
    }

    /// <summary>A connection of the pool may not know yet that the server has gone: then the first call fails, as it may.</summary>
    private static async Task<RecoveryReport> RecoverAsync(PostgresStore store, SessionId observer)
    {
        try
        {
            return await store.RecoverAsync(observer, [], null, Cancel);
        }
        catch (StoreException e) when (e.IsTransient)
        {
            return await store.RecoverAsync(observer, [], null, Cancel);
        }
    }

    [Fact]
    public async Task A_wait_survives_a_restart_of_the_server()
    {
        await using var server = await PostgresServer.StartAsync(durable: false);
        await using var schema = new StoreSchema(server);
        var waiting = await schema.OpenAsync("waiter");
        var wait = waiting.WaitForWorkAsync(["q"], waiting.WakeStamp, TimeSpan.FromHours(10), Cancel);

        await server.StopAsync();
        await server.StartAsync();
        var producer = await schema.OpenAsync("producer");
        await producer.AddAsync("q");

        await Await.WithinAsync(wait, "the wake-up after the restart");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so_in_time_and_without_the_password()
    {
        var store = new PostgresStore(new() { ConnectionString = "Host=127.0.0.1;Port=1;Username=ann;Password=s3cret;Database=app" });

        var error = await Should.ThrowAsync<StoreUnavailableException>(store.OpenAsync(true, Cancel).WaitAsync(TimeSpan.FromSeconds(5), Cancel));

        error.Message.ShouldContain("postgres://127.0.0.1:1/app");
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_in_time()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        var store = new PostgresStore(new() { ConnectionString = $"Host=127.0.0.1;Port={port};Username=ann;Password=s3cret", ConnectTimeout = TimeSpan.FromSeconds(1) });

        var error = await Should.ThrowAsync<StoreUnavailableException>(store.OpenAsync(true, Cancel).WaitAsync(TimeSpan.FromSeconds(5), Cancel));

        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_wrong_password_is_said_so_without_it()
    {
        var server = await TestServer.GetAsync();
        await using var schema = new StoreSchema(server);
        await schema.AskAsync("""DO $$ BEGIN CREATE ROLE guarded LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN NULL; END $$""");
        var store = schema.New(configure: static options => options.ConnectionString = options.ConnectionString.Replace("Username=postgres", "Username=guarded;Password=wr0ng", StringComparison.Ordinal));

        var error = await Should.ThrowAsync<StoreException>(store.OpenAsync(true, Cancel).WaitAsync(TimeSpan.FromSeconds(5), Cancel));

        error.IsTransient.ShouldBeFalse();
        error.Message.ShouldContain("check user, password");
        error.ToString().ShouldNotContain("wr0ng");
    }

    [Fact]
    public async Task A_replica_is_refused()
    {
        await using var server = await PostgresServer.StartReplicaAsync();
        var store = new PostgresStore(new() { ConnectionString = server.ConnectionString() });

        (await Should.ThrowAsync<StoreException>(store.OpenAsync(true, Cancel))).Message.ShouldContain("is a replica");
    }

    [Fact]
    public async Task Commits_that_do_not_wait_for_the_disk_are_warned_of()
    {
        await using var schema = await StoreSchema.OnTestServerAsync();
        var log = new ListLogger();

        await schema.OpenAsync(configure: options =>
        {
            options.ConnectionString += ";Options=-c synchronous_commit=off";
            options.Logger = log;
        });

        log.Events.ShouldBe([2001]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behind_a_pooler_nobody_listens_and_it_is_said(bool ignoresOptions)
    {
        var server = await TestServer.GetAsync();
        await using var pooler = await PgBouncer.StartAsync(server, ignoresOptions);
        await using var schema = new StoreSchema(server);
        var log = new ListLogger();

        var store = await schema.OpenAsync(configure: options =>
        {
            options.ConnectionString = pooler.ConnectionString;
            options.Logger = log;
        });

        log.Events.ShouldBe([2002, 2003]);
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        using var heart = store.OpenHeart(worker.Session);
        var wait = store.WaitForWorkAsync(["q"], store.WakeStamp, TimeSpan.FromHours(10), Cancel);
        var other = await schema.OpenAsync("producer");
        await other.AddAsync("q");
        heart.Tick(renew: true).Lease.ShouldBe(LeaseReply.Held);
        await Await.WithinAsync(wait, "the wake-up by the heart's look");
        (await ClaimAsync(store, worker)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("", 2003)]
    [InlineData(";Options=-c lock_timeout=10s", 2003)]
    [InlineData(";Options=-c lock_timeout=10s -c statement_timeout=30s")]
    public async Task Without_limits_of_the_servers_own_it_is_said(string settings, params int[] events)
    {
        await using var schema = await StoreSchema.OnTestServerAsync();
        var log = new ListLogger();

        await schema.OpenAsync(configure: options =>
        {
            options.ConnectionString += settings;
            options.Listen = false;
            options.Logger = log;
        });

        log.Events.ShouldBe(events);
    }

    [Theory]
    [InlineData("Größe 7-x.y")]
    [InlineData("select")]
    [InlineData("UPPER")]
    public async Task A_schema_may_have_any_name(string name)
    {
        await using var schema = await StoreSchema.OnTestServerAsync(name);
        var store = await schema.OpenAsync();
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        var wait = store.WaitForWorkAsync(null, store.WakeStamp, TimeSpan.FromHours(10), Cancel);
        var other = await schema.OpenAsync("producer");

        await other.AddAsync();

        await Await.WithinAsync(wait, "the wake-up");
        (await ClaimAsync(store, worker)).ShouldHaveSingleItem();
        (await schema.AskAsync("SELECT count(*) FROM jobs")).ShouldBe(1L);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pg_mine")]
    [InlineData("a\"b")]
    [InlineData("a$$b")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901")]
    public void A_name_that_no_schema_can_have_is_refused(string name)
        => Should.Throw<ArgumentException>(() => new PostgresStore(new() { ConnectionString = "Host=x", Schema = name })).Message.ShouldContain("must have 1 to 60 bytes");

    private static async Task<IReadOnlyList<ClaimedRun>> ClaimAsync(PostgresStore store, WorkerRecord worker)
        => (await store.ClaimAsync(new() { Session = worker.Session, ClaimId = Make.Token(), Queues = null, Names = worker.Names, Slots = 1 }, Cancel)).Runs;

    private sealed class ListLogger : ILogger
    {
        public List<int> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Events.Add(eventId.Id);
    }
}
