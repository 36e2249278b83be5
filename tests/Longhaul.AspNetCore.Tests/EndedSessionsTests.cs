using Longhaul.AspNetCore.Sessions;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Tests;

/// <summary>How often the store is asked which sessions have ended, and what is kept of its answers.</summary>
[Trait("Part", "web")]
public sealed class EndedSessionsTests
{
    private readonly ManualClock _clock = new();
    private int _looks;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_store_is_asked_once_in_five_seconds_for_a_session()
    {
        var ended = Of(static _ => null);
        var session = Session.Begin(_clock.Now);

        for (var times = 0; times < 100; times++)
            (await ended.ContainsAsync(session, Cancel)).ShouldBeFalse();
        _looks.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await ended.ContainsAsync(session, Cancel)).ShouldBeFalse();
        _looks.ShouldBe(2);
    }

    [Fact]
    public async Task However_many_streams_a_session_has_there_is_one_look_in_five_seconds()
    {
        var ended = Of(static _ => null);
        var session = Session.Begin(_clock.Now);
        var waiting = Enumerable.Range(0, 200).Select(_ => ended.WaitForAsync(session, Cancel)).ToArray();

        for (var seconds = 1; seconds <= 60; seconds++)
        {
            await ended.ContainsAsync(session, Cancel); // asks beside them, so that the look is done
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _looks.ShouldBeInRange(12, 13);
        await ended.EndAsync(session);
        await Await.AdvanceUntilAsync(_clock, TimeSpan.FromSeconds(1), Task.WhenAll(waiting), "the end of all streams");
    }

    [Fact]
    public async Task All_who_ask_at_once_share_an_answer_and_may_leave()
    {
        var found = new TaskCompletionSource<ReadOnlyMemory<byte>?>();
        var ended = Of(method => IsLook(method) ? found.Task : null);
        var session = Session.Begin(_clock.Now);
        using var leaves = new CancellationTokenSource();
        var first = ended.ContainsAsync(session, leaves.Token);
        var others = Enumerable.Range(0, 50).Select(_ => ended.ContainsAsync(session, Cancel)).ToArray();

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        found.SetResult(new byte[1]);

        (await Await.WithinAsync(Task.WhenAll(others), "all answers")).ShouldAllBe(static each => each);
        _looks.ShouldBe(1);
    }

    [Fact]
    public async Task Ten_thousand_sessions_take_no_more_room_than_a_thousand()
    {
        var ended = Of(static _ => null);
        var gone = Session.Begin(_clock.Now);
        await ended.EndAsync(gone);

        for (var sessions = 0; sessions < 10_000; sessions++)
        {
            (await ended.ContainsAsync(Session.Begin(_clock.Now), Cancel)).ShouldBeFalse();
            ended.Kept.ShouldBeLessThanOrEqualTo(EndedSessions.Most);
        }

        (await ended.ContainsAsync(gone, Cancel)).ShouldBeTrue("the store knows");
    }

    [Fact]
    public async Task An_error_is_kept_for_a_second()
    {
        var isAway = true;
        var ended = Of(method => isAway && IsLook(method) ? throw new StoreUnavailableException("away") : null);
        var session = Session.Begin(_clock.Now);
        await Should.ThrowAsync<StoreUnavailableException>(() => ended.ContainsAsync(session, Cancel));

        isAway = false;
        await Should.ThrowAsync<StoreUnavailableException>(() => ended.ContainsAsync(session, Cancel));
        _looks.ShouldBe(1);

        _clock.Advance(TimeSpan.FromSeconds(1));
        (await ended.ContainsAsync(session, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_stream_outlives_that_the_store_is_away_and_no_sign_out()
    {
        var isAway = true;
        var ended = Of(method => isAway && IsLook(method) ? throw new StoreUnavailableException("away") : null);
        var session = Session.Begin(_clock.Now);
        var stream = ended.WaitForAsync(session, Cancel);
        await Should.ThrowAsync<StoreUnavailableException>(() => ended.ContainsAsync(session, Cancel));
        stream.IsCompleted.ShouldBeFalse();

        isAway = false;
        await ended.EndAsync(session);

        await Await.AdvanceUntilAsync(_clock, TimeSpan.FromSeconds(1), stream, "the end of the stream");
    }

    [Fact]
    public async Task Where_the_store_keeps_no_notes_this_host_knows()
    {
        var ended = Of(static method => method == "get_Info" ? new StoreInfo("other", "elsewhere", StoreCapabilities.None) : method.EndsWith("NoteAsync", StringComparison.Ordinal) ? throw new NotSupportedException() : null);
        var (gone, other) = (Session.Begin(_clock.Now), Session.Begin(_clock.Now));

        await ended.EndAsync(gone);

        foreach (var later in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromDays(6)])
        {
            _clock.Advance(later);
            (await ended.ContainsAsync(gone, Cancel)).ShouldBeTrue();
            (await ended.ContainsAsync(other, Cancel)).ShouldBeFalse();
        }
    }

    private static bool IsLook(string method) => method == nameof(IJobManager.FindNoteAsync);

    /// <summary>On a store in memory, whose looks are counted.</summary>
    private EndedSessions Of(Func<string, object?> before) => new(
        SpiedStore.Of(new MemoryStore(_clock), method =>
        {
            if (IsLook(method))
                Interlocked.Increment(ref _looks);
            return before(method);
        }), _clock);
}
