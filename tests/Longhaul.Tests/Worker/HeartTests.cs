using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;
using Longhaul.Tests.Client;
using Longhaul.Tests.Jobs;
using Longhaul.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Tests.Worker;

/// <summary>One tick after the other, by hand.</summary>
public sealed class HeartTests : IDisposable
{
    private static readonly WorkerOptions Options = new() { Heartbeat = TimeSpan.FromSeconds(1), Lease = TimeSpan.FromSeconds(6) };

    private readonly ManualClock _clock = new();
    private readonly FakeHeart _store = new();
    private readonly Listener _listener = new();
    private readonly WorkerSession _session;
    private readonly Heart _heart;
    private int _runs;

    public HeartTests()
    {
        _session = new WorkerSession(new SessionId(1), _clock, Options.Lease, TimeSpan.FromSeconds(2));
        var store = AroundStore.Of(new MemoryStore(), (name, _, call) => name == nameof(IJobStore.OpenHeart) ? _store : call());
        _heart = new Heart(_session, store, Options, _clock, NullLogger.Instance, _listener);
    }

    public void Dispose() => _heart.Dispose();

    [Fact]
    public void Every_fifth_tick_renews_the_lease()
    {
        for (var tick = 0; tick < 11; tick++)
        {
            _heart.Tick();
            _clock.Advance(TimeSpan.FromMilliseconds(100)); // much quicker than a third of the lease
        }

        _store.Renewals.ShouldBe([0, 5, 10]);
    }

    [Fact]
    public void A_store_that_answers_slowly_does_not_let_the_lease_run_out()
    {
        _store.Answering = () => _clock.Advance(TimeSpan.FromSeconds(1));
        for (var tick = 0; tick < 20; tick++)
        {
            _clock.Advance(Options.Heartbeat);
            _heart.Tick();
            _session.HasRunOut.ShouldBeFalse($"each tick was answered, also tick {tick}");
        }
    }

    [Fact]
    public void What_a_lost_tick_had_to_tell_is_told_by_the_next()
    {
        AddPrefetched();
        _clock.Advance(Options.Heartbeat / 4);

        _store.Answering = static () => throw new StoreUnavailableException("The connection broke.");
        _heart.Tick();
        _store.Answering = static () => { };
        _heart.Tick();
        _heart.Tick();

        _store.Beats.Select(static beat => beat.Begun.Count).ShouldBe([1, 1, 0]);
    }

    [Fact]
    public void What_ends_within_moments_is_not_told_as_begun()
    {
        AddPrefetched();
        _heart.Tick();
        var ended = AddPrefetched();
        _clock.Advance(Options.Heartbeat / 4);
        ended.IsSettling = true;

        _heart.Tick();

        _store.Beats.Select(static beat => beat.Begun.Count).ShouldBe([0, 1]);
    }

    [Fact]
    public void Nothing_that_is_thrown_around_a_tick_ends_the_heart()
    {
        _listener.Hearing = static () => throw new InvalidOperationException("A bug of the listener.");

        Should.NotThrow(_heart.Tick);
        _listener.Hearing = static () => { };
        _heart.Tick();

        _listener.Heard.ShouldBe(2);
    }

    /// <summary>A run that was claimed ahead, and begins now.</summary>
    private ActiveRun AddPrefetched()
    {
        var claim = new ClaimedRun
        {
            Key = new RunKey(new JobId(++_runs), 8),
            Name = "test.work",
            Queue = "default",
            Payload = "{}"u8.ToArray(),
            RunNumber = 1,
            FenceToken = 1,
            Prefetched = true,
        };
        var run = new ActiveRun(claim, null!, new RunState(claim, new FakeJob()), _session);
        _session.Runs.Add(run);
        _clock.Advance(TimeSpan.FromMilliseconds(1)); // at 0 nothing has begun
        run.Begin(_clock.GetTimestamp());
        return run;
    }

    private sealed class FakeHeart : IHeart
    {
        public List<Beat> Beats { get; } = [];

        public Action Answering { get; set; } = static () => { };

        public IEnumerable<int> Renewals => Beats.Index().Where(static b => b.Item.Renew).Select(static b => b.Index);

        public BeatAnswer Beat(Beat beat)
        {
            Beats.Add(beat);
            Answering();
            return new BeatAnswer { Lease = LeaseReply.Held, LeaseClock = TimeSpan.Zero };
        }

        public void Dispose()
        {
            // Holds nothing.
        }
    }

    private sealed class Listener : IHeartListener
    {
        public Action Hearing { get; set; } = static () => { };

        public int Heard { get; private set; }

        public WorkerState State => WorkerState.Active;

        public void SessionLost(WorkerSession session, string why)
        {
            // No test loses it.
        }

        public void Beaten(WorkerSession session, BeatAnswer answer, long sentAt)
        {
            Heard++;
            Hearing();
        }

        public void Watched()
        {
            // Nobody does.
        }
    }
}
