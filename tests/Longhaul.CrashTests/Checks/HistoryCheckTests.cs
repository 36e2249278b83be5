using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>Every check against histories written by hand: what it must find, and what it must let pass.</summary>
public sealed class HistoryCheckTests
{
    private static readonly CheckLimits Limits = new() { Heartbeat = TimeSpan.FromSeconds(1) };

    private static void Passes(HistoryCheck check, Tale tale, long tried = 1)
    {
        var result = check.Run(tale.History, Limits, tried);
        result.Violations.ShouldBeEmpty();
        result.Verdict.ShouldBe(Verdict.Ok, $"tried {result.Exercised} times");
    }

    private static void Finds(HistoryCheck check, Tale tale, string what)
    {
        var result = check.Run(tale.History, Limits);
        result.Verdict.ShouldBe(Verdict.Violated);
        result.Violations.ShouldHaveSingleItem().ShouldContain(what);
    }

    [Fact]
    public void A_promise_that_was_not_tried_is_unknown()
        => new NoLostJob().Run(new Tale().Enqueue(1, 1).History, Limits).Verdict.ShouldBe(Verdict.Unknown);

    [Fact]
    public void I1_an_accepted_job_must_be_there()
    {
        Passes(new NoLostJob(), new Tale().Enqueue(1, 1).Enqueue(1, 2, answered: null).Dump(9, 1, JobState.Completed));
        Finds(new NoLostJob(), new Tale().Enqueue(1, 1).Enqueue(1, 2).Dump(9, 1, JobState.Completed), "is not in the store");
        Finds(new NoLostJob(), new Tale().Enqueue(1, 1).Dump(9, 1, JobState.Pending), "still Pending");
        Finds(new NoLostJob(), new Tale().Dump(9, 1, JobState.Completed), "nobody enqueued it");
        Passes(new NoLostJob(), new Tale().Enqueue(1, 1).Act(2, 1, "Delete").Enqueue(1, 2).Dump(9, 2, JobState.Failed));
    }

    [Fact]
    public void I2_an_order_has_one_job()
    {
        Passes(new OneJobAnOrder(), new Tale().Enqueue(1, 1, answered: null).Enqueue(3, 1, answer: "Repeated").Dump(9, 1, JobState.Completed));
        Finds(new OneJobAnOrder(), new Tale().Enqueue(1, 1, answered: null).Enqueue(3, 2, order: 1).Dump(9, 1, JobState.Completed).Dump(9, 2, JobState.Completed, order: 1), "2 jobs");
        Finds(new OneJobAnOrder(), new Tale().Enqueue(1, 1).Enqueue(3, 1).Dump(9, 1, JobState.Completed), "created twice");
    }

    [Fact]
    public void I3_a_completed_job_was_done()
    {
        Passes(new SuccessIsReal(), new Tale().Enqueue(1, 1).Done("w", 2, 1, 1).Dump(9, 1, JobState.Completed));
        Finds(new SuccessIsReal(), new Tale().Claim("w", 2, 1, 1).Settle("w", 4, 1, 1, "Completed").Ledger("w", 6, Ops.End, 1, 1, "done").Dump(9, 1, JobState.Completed), "not done");
        Finds(new SuccessIsReal(), new Tale().Claim("w", 2, 1, 1).Ledger("w", 4, Ops.End, 1, 1, "done").Dump(9, 1, JobState.Completed), "no run said so");
    }

    [Fact]
    public void I4_leases_do_not_overlap()
    {
        Passes(new OneLease(), new Tale().Claim("a", 1, 1, 1).Recover("b", 5, Tale.Session, 1).Claim("b", 8, 1, 2, session: 8));
        Passes(new OneLease(), new Tale().Claim("a", 1, 1, 1).Settle("a", 3, 1, 1, "HandedBack").Claim("b", 3.5, 1, 2, session: 8));
        Finds(new OneLease(), new Tale().Claim("a", 1, 1, 1).Claim("b", 8, 1, 2, session: 8), "was live");
        Finds(new OneLease(), new Tale().Claim("a", 1, 1, 1, fence: 5).Act(3, 1, "Release").Claim("b", 8, 1, 2, session: 8, fence: 5), "same fence");
        Finds(new OneLease(), new Tale().Open("a", 0, Tale.Session, 100).Recover("b", 1, Tale.Session).Claim("a", 5, 1, 1), "declared dead");
        Finds(new OneLease(), new Tale().Claim("a", 1, 1, 1).Claim("b", 5, 1, 1, session: 8), "was given to b too");
    }

    [Fact]
    public void A_claim_that_a_server_acknowledged_right_before_its_crash_may_be_forgotten()
    {
        var claimed = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1, token: 55));
        Passes(new OneLease(), claimed().Process(5, Ops.Crash, "server").Claim("b", 8, 1, 1, session: 8, fence: 2), tried: 0);
        Passes(new OneLease(), claimed().Process(5, Ops.Crash, "server").Process(6, Ops.Down, "server").Enqueue(7, 9).Process(10, Ops.Back, "server").Claim("b", 11, 1, 1, session: 8, fence: 2), tried: 0);
        Passes(new OneLease(), new Tale().Enqueue(0, 9).Process(2, Ops.Crash, "server").Claim("a", 3, 1, 1, token: 55).Process(5, Ops.Back, "server").Claim("b", 8, 1, 1, session: 8, fence: 2), tried: 0);
        Finds(new OneLease(), claimed().Recover("b", 5, Tale.Session, 1).Claim("b", 8, 1, 1, session: 8, fence: 2), "came after");
        Finds(new OneLease(), claimed().Process(5, Ops.Kill, "a").Recover("b", 6, Tale.Session, 1).Claim("b", 8, 1, 1, session: 8, fence: 2), "came after");
    }

    [Fact]
    public void A_claim_that_lasts_is_not_forgotten()
    {
        var claimed = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1, token: 55));
        var again = new Func<Tale, double, Tale>(static (tale, at) => tale.Recover("b", at, Tale.Session, 1).Claim("b", at + 2, 1, 1, session: 8, fence: 2));
        Finds(new OneLease(), again(claimed().Process(2_500, Ops.Crash, "server"), 3_000), "came after"); // long before the crash
        Finds(new OneLease(), again(new Tale().Process(0, Ops.Crash, "server").Process(0.5, Ops.Back, "server").Claim("a", 1, 1, 1, token: 55), 5), "came after"); // after it
        Finds(new OneLease(), again(claimed().Enqueue(3, 9).Process(5, Ops.Crash, "server"), 6), "came after"); // something that lasts was written after it
        Finds(new OneLease(), again(claimed().Done("c", 1.5, 9, 1).Process(8, Ops.Crash, "server"), 9), "came after");
    }

    [Fact]
    public void What_was_flushed_before_a_crash_lasts()
    {
        var flushed = new Tale().Claim("a", 1, 1, 1).Flush("a", 3, 1, 1, cursor: 5);
        Finds(new CheckpointMonotonic(), flushed.Process(6, Ops.Crash, "server").Recover("b", 7, Tale.Session, 1).Claim("b", 9, 1, 2, session: 8), "had been acknowledged");
    }

    [Fact]
    public void I5_a_stale_run_writes_nothing()
    {
        var taken = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1).Recover("b", 5, Tale.Session, 1).Claim("b", 8, 1, 2, session: 8));
        Passes(new Fencing(), taken().Flush("a", 10, 1, 1, answer: "LeaseLost").Settle("a", 12, 1, 1, "Completed", answer: "LeaseLost"), tried: 2);
        Finds(new Fencing(), taken().Flush("a", 10, 1, 1), "was written after");
        Finds(new Fencing(), taken().Settle("a", 10, 1, 1, "Completed"), "was taken after");
        Finds(new Fencing(), taken().Settle("a", 10, 1, 1, "Completed", answer: "AlreadyYours"), "no");
        Finds(new Fencing(), new Tale().Claim("a", 1, 1, 1).Settle("a", 3, 1, 1, "Completed").Settle("a", 5, 1, 1, "Completed"), "settled twice");
        Passes(new Fencing(), new Tale().Claim("a", 1, 1, 1).Settle("a", 3, 1, 1, "Retry").Claim("b", 5, 1, 2, session: 8).Settle("a", 9, 1, 1, "Retry", answer: "AlreadyYours"));
    }

    [Fact]
    public void I6_a_zombie_is_told_at_once()
    {
        var zombie = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1).Ledger("a", 3, Ops.Begin, 1, 1).Process(10, Ops.Freeze, "a").Recover("b", 50, Tale.Session, 1).Process(100, Ops.Thaw, "a"));
        Passes(new ZombieWindow(), zombie().Ledger("a", 300, Ops.Told, 1, 1, "LeaseLost"));
        Finds(new ZombieWindow(), zombie().Ledger("a", 1_200, Ops.Told, 1, 1, "LeaseLost"), "told after 1100 ms");
        Finds(new ZombieWindow(), zombie().Process(9_000, Ops.Healed, ""), "never told");
    }

    [Fact]
    public void I7_a_worker_that_cannot_renew_stops_by_itself()
    {
        var cut = new Func<Tale>(static () => new Tale().Open("a", 0, Tale.Session, 5_000).Renew("a", 1_000, Tale.Session).Claim("a", 2_000, 1, 1).Ledger("a", 2_002, Ops.Begin, 1, 1).Process(30_000, Ops.Healed, ""));
        Passes(new SelfFencing(), cut().Ledger("a", 6_100, Ops.Told, 1, 1, "LeaseLost"));
        Finds(new SelfFencing(), cut(), "went on");
        Finds(new SelfFencing(), cut().Ledger("a", 12_000, Ops.Told, 1, 1, "LeaseLost"), "went on");
    }

    [Fact]
    public void I8_attempts_are_the_errors()
    {
        var failing = new Func<Tale>(static () => new Tale().Enqueue(0, 1, change: static e => e with { MaxAttempts = 2 }).Claim("a", 1, 1, 1).Settle("a", 3, 1, 1, "Retry"));
        Passes(new AttemptsBounded(), failing().Claim("a", 5, 1, 2, attempts: 1).Settle("a", 7, 1, 2, "Failed").Dump(9, 1, JobState.Failed, attempts: 2, run: 2));
        Finds(new AttemptsBounded(), failing().Dump(9, 1, JobState.Pending, attempts: 2), "counts 2 attempts, but 1");
        Finds(new AttemptsBounded(), failing().Claim("a", 5, 1, 2, attempts: 2), "after 2 of 2 attempts");
        Finds(new AttemptsBounded(), new Tale().Claim("a", 1, 1, 1).Settle("a", 3, 1, 1, "HandedBack").Dump(9, 1, JobState.Completed, attempts: 1), "but 0");
        var cancelled = new Func<Tale, Tale>(static tale => tale.Act(8, 1, "Cancel", state: JobState.Cancelled).Dump(12, 1, JobState.Cancelled, attempts: 1));
        Finds(new AttemptsBounded(), cancelled(failing().Claim("a", 5, 1, 2, attempts: 1)), "counts 1 runs");
        Passes(new AttemptsBounded(), cancelled(failing().Claim("a", 5, 1, 2, attempts: 1).Process(6, Ops.Crash, "server").Process(7, Ops.Back, "server")));
    }

    [Fact]
    public void I9_no_retry_comes_early()
    {
        var retried = new Func<double, Tale>(static at => new Tale().Enqueue(0, 1, change: static e => e with { RetryDelay = Tale.Ns(100) }).Claim("a", 1, 1, 1)
            .Settle("a", 3, 1, 1, "Retry", change: static e => e with { Span = Tale.Ns(100) }).Claim("a", at, 1, 2, attempts: 1));
        Passes(new RetrySchedule(), retried(110));
        Finds(new RetrySchedule(), retried(50), "started 48 ms after");
        Passes(new RetrySchedule(), retried(110).Settle("a", 115, 1, 2, "Retry", change: static e => e with { Span = Tale.Ns(200) }));
        Finds(new RetrySchedule(), retried(110).Settle("a", 115, 1, 2, "Retry", change: static e => e with { Span = Tale.Ns(100) }), "instead of 200 ms");
    }

    [Fact]
    public void I10_nothing_starts_before_it_is_due()
    {
        var delayed = new Func<Tale>(static () => new Tale().Enqueue(0, 1, change: static e => e with { Span = Tale.Ns(100) }));
        Passes(new NotBeforeDue(), delayed().Claim("a", 100, 1, 1));
        Finds(new NotBeforeDue(), delayed().Claim("a", 20, 1, 1), "before it was due");
    }

    [Fact]
    public void I11_a_key_is_occupied_once()
    {
        var key = new Func<HistoryEvent, HistoryEvent>(static e => e with { Key = "k", Scope = UniqueScope.UntilFinished });
        Passes(new UniqueKeys(), new Tale().Enqueue(1, 1, change: key).Enqueue(3, 2, answer: "Duplicate", id: 1, change: key));
        Passes(new UniqueKeys(), new Tale().Enqueue(1, 1, change: key).Enqueue(3, 3, answer: "Duplicate", id: 1, change: key).Claim("a", 5, 1, 1).Settle("a", 7, 1, 1, "Completed").Enqueue(9, 2, change: key));
        Finds(new UniqueKeys(), new Tale().Enqueue(1, 1, change: key).Enqueue(3, 2, change: key), "occupied it");
        Finds(new UniqueKeys(), new Tale().Enqueue(1, 1, change: key).Enqueue(3, 2, answer: "Duplicate", id: 77, change: key), "does not have it");
    }

    [Fact]
    public void I23_a_cancel_arrives_and_holds()
    {
        var running = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1).Ledger("a", 3, Ops.Begin, 1, 1).Act(100, 1, "Cancel", "Ordered"));
        Passes(new CancelReaches(), running().Ledger("a", 900, Ops.Told, 1, 1, "Cancelled").Settle("a", 5_000, 1, 1, "Cancelled"));
        Finds(new CancelReaches(), running().Ledger("a", 2_900, Ops.Told, 1, 1, "Cancelled").Settle("a", 5_000, 1, 1, "Cancelled"), "told of its cancel after");
        Finds(new CancelReaches(), running().Settle("a", 5_000, 1, 1, "Cancelled"), "never told");
        Passes(new CancelReaches(), running().Note("runner", 500, new HistoryEvent { Op = Ops.Crash }).Note("runner", 2_000, new HistoryEvent { Op = Ops.Back }).Ledger("a", 2_900, Ops.Told, 1, 1, "Cancelled").Settle("a", 5_000, 1, 1, "Cancelled"), tried: 0);
        Finds(new CancelReaches(), new Tale().Act(1, 1, "Cancel", state: JobState.Cancelled).Claim("a", 5, 1, 1), "started again");
        Passes(new CancelReaches(), new Tale().Act(1, 1, "Cancel", state: JobState.Cancelled).Act(3, 1, "Retry").Claim("a", 5, 1, 1));
    }

    [Fact]
    public void I24_a_race_has_one_winner()
    {
        Passes(new CancelRace(), new Tale().Claim("a", 1, 1, 1).Act(3, 1, "Cancel", "Ordered").Settle("a", 5, 1, 1, "Completed").Dump(9, 1, JobState.Completed));
        Finds(new CancelRace(), new Tale().Claim("a", 1, 1, 1).Act(3, 1, "Cancel", state: JobState.Cancelled).Settle("a", 5, 1, 1, "Completed"), "the canceller was told Cancelled");
        Finds(new CancelRace(), new Tale().Claim("a", 1, 1, 1).Act(3, 1, "Cancel", "Ordered").Settle("a", 5, 1, 1, "Completed").Dump(9, 1, JobState.Cancelled), "is Cancelled, but");
    }

    [Fact]
    public void I25_a_worker_ends_in_order()
    {
        var stopped = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1).Process(10, Ops.Terminate, "a"));
        Passes(new GracefulShutdown(), stopped().Settle("a", 20, 1, 1, "HandedBack").Process(30, Ops.Exit, "a", 0));
        Finds(new GracefulShutdown(), stopped().Process(30, Ops.Exit, "a", 0), "left run 1");
        Finds(new GracefulShutdown(), stopped().Settle("a", 20, 1, 1, "HandedBack").Process(30, Ops.Exit, "a", 137), "exit code 137");
        Finds(new GracefulShutdown(), stopped().Settle("a", 20, 1, 1, "HandedBack").Process(40_000, Ops.Exit, "a", 0), "took 39990 ms");
        Finds(new GracefulShutdown(), stopped(), "did not end");
    }

    [Fact]
    public void I26_another_worker_goes_on_in_time()
    {
        var killed = new Func<double, double, string?, int, Tale>(static (recovered, claimed, queue, lost) => new Tale().Enqueue(0, 1, change: e => e with { Queue = queue }).Claim("a", 1, 1, 1)
            .Process(1_000, Ops.Kill, "a").Recover("b", recovered, Tale.Session, 1).Claim("b", claimed, 1, 2, session: 8, lostRuns: lost));
        Passes(new TakeoverTime(), killed(2_000, 2_100, null, 1));
        Finds(new TakeoverTime(), killed(2_000, 7_000, null, 1), "after 6001 ms");
        Finds(new TakeoverTime(), killed(2_000, 7_000, "high", 1), "after 6001 ms");
        Passes(new TakeoverTime(), killed(2_000, 7_000, "low", 1));
        Finds(new TakeoverTime(), killed(6_900, 7_000, "low", 1), "after 5901 ms");
        Passes(new TakeoverTime(), killed(2_000, 7_000, null, 2));
        Finds(new TakeoverTime(), killed(6_900, 7_000, null, 2), "after 5901 ms");
        new TakeoverTime().Run(killed(2_000, 2_100, null, 1).History, Limits).Figures["resumeMsP50"].ShouldBe(1_101);
    }

    [Fact]
    public void I27_the_living_are_not_declared_dead()
    {
        var open = new Func<Tale>(static () => new Tale().Open("a", 0, Tale.Session, 2_000).Renew("a", 1_000, Tale.Session));
        Passes(new NoFalseTakeover(), open().Recover("b", 3_100, Tale.Session));
        Passes(new NoFalseTakeover(), open().Process(1_100, Ops.Kill, "a").Recover("b", 1_200, Tale.Session));
        Finds(new NoFalseTakeover(), open().Recover("b", 1_200, Tale.Session), "declared dead");
        var stopped = new Func<Tale>(() => open().Process(1_100, Ops.Freeze, "a"));
        Finds(new NoFalseTakeover(), stopped().Recover("b", 2_200, Tale.Session), "declared dead");
        Passes(new NoFalseTakeover(), stopped().Process(1_150, Ops.EndSession, "a").Recover("b", 2_200, Tale.Session));
        Finds(new NoFalseTakeover(), stopped().Process(1_150, Ops.EndSession, "b").Recover("b", 2_200, Tale.Session), "declared dead");
        Finds(new NoFalseTakeover(), open().Process(1_150, Ops.EndSession, "a").Recover("b", 2_200, Tale.Session), "declared dead");
    }

    [Fact]
    public void I28_checkpoints_only_advance()
    {
        var saved = new Func<Tale>(static () => new Tale().Enqueue(0, 1).Claim("a", 1, 1, 1).Flush("a", 3, 1, 1, cursor: 5).Settle("a", 9, 1, 1, "HandedBack"));
        Passes(new CheckpointMonotonic(), saved().Claim("b", 12, 1, 2, read: 5));
        Finds(new CheckpointMonotonic(), saved().Flush("a", 5, 1, 1, cursor: 4), "went back from 5 to 4");
        Finds(new CheckpointMonotonic(), saved().Claim("b", 12, 1, 2), "resumed from nothing");
        Passes(new CheckpointMonotonic(), saved().Flush("a", 7, 1, 1, cursor: 6, answer: "Busy").Claim("b", 12, 1, 2, read: 5));
        Finds(new CheckpointMonotonic(), saved().Claim("b", 12, 1, 2, read: 8), "nobody wrote");
    }

    [Fact]
    public void I28_a_kill_repeats_little()
    {
        var killed = new Func<double, Tale>(static done => new Tale().Enqueue(0, 1).Claim("a", 1, 1, 1).Ledger("a", done, Ops.Item, 1, 1, value: 1).Ledger("a", 8_990, Ops.Item, 1, 1, value: 2).Process(9_000, Ops.Kill, "a")
            .Recover("b", 9_500, Tale.Session, 1).Claim("b", 10_000, 1, 2, session: 8).Ledger("b", 10_100, Ops.Item, 1, 2, value: 1));
        new CheckpointMonotonic().Run(killed(8_000).History, Limits).Figures["repeatedMsMax"].ShouldBe(990);
        Finds(new CheckpointMonotonic(), killed(1_000), "repeat 7990 ms");
    }

    [Fact]
    public void I29_progress_does_not_go_back()
    {
        var reported = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1).Flush("a", 3, 1, 1, progress: 5).Flush("a", 5, 1, 1, progress: 6));
        Passes(new ProgressMonotonic(), reported().Dump(9, 1, JobState.Running, progress: 6));
        Finds(new ProgressMonotonic(), reported().Dump(9, 1, JobState.Running, progress: 5), "shows the progress 5, but 6");
        Finds(new ProgressMonotonic(), reported().Flush("a", 7, 1, 1, progress: 2), "went back from 6 to 2");
    }

    [Fact]
    public void I30_ended_jobs_come_back_only_when_asked()
    {
        var ended = new Func<Tale>(static () => new Tale().Claim("a", 1, 1, 1).Settle("a", 3, 1, 1, "Failed"));
        Passes(new StateMachine(), ended().Act(5, 1, "Retry", state: JobState.Pending).Claim("a", 8, 1, 2));
        Finds(new StateMachine(), ended().Claim("a", 8, 1, 2), "went from Failed to Running");
        Finds(new StateMachine(), new Tale().Act(5, 1, "Pause", state: JobState.Paused).Claim("a", 8, 1, 2), "went from Paused to Running");
    }

    [Fact]
    public void I36_everything_comes_to_an_end()
    {
        var drained = new Func<string?, double, Tale>(static (error, at) => new Tale().Process(0, Ops.Healed, "").Note("runner", at, new HistoryEvent { Op = Ops.Drained, Err = error }));
        Passes(new Liveness(), drained(null, 500).Dump(600, 1, JobState.Completed));
        Finds(new Liveness(), drained("waited in vain", 500).Dump(600, 1, JobState.Completed), "waited in vain");
        Finds(new Liveness(), drained(null, 500).Dump(600, 1, JobState.Running), "orphan");
        Finds(new Liveness(), drained(null, 90_000).Dump(90_100, 1, JobState.Completed), "until everything had ended");
    }

    [Fact]
    public void A_cut_line_at_the_end_of_a_killed_process_is_left_out()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("a.history");
        using (var recorder = new FileRecorder(file, "a"))
            recorder.Note(new HistoryEvent { Op = Ops.Begin, Job = 1, What = "ümläut" });
        File.AppendAllText(file, """{"t":12,"pro""");

        var e = HistoryFiles.Read(folder.Path).ShouldHaveSingleItem();

        (e.Op, e.Job, e.What, e.Proc, e.Type).ShouldBe((Ops.Begin, 1L, "ümläut", "a", EventType.Ok));
        e.T.ShouldBeGreaterThan(0);
    }
}
