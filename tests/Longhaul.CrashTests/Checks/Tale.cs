using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>A history written by hand: one line an event, at milliseconds of its choice.</summary>
internal sealed class Tale
{
    private readonly List<HistoryEvent> _events = [];
    private long _call;

    public History History => new([.. _events.OrderBy(static e => e.T).ThenBy(static e => e.Seq)]);

    public const long Session = 7;

    /// <summary>A call from <paramref name="from"/> to <paramref name="to"/> (null: never answered).</summary>
    public Tale Call(string proc, double from, double? to, HistoryEvent call, Func<HistoryEvent, HistoryEvent>? answer = null, EventType type = EventType.Ok)
    {
        call = call with { Proc = proc, Call = ++_call, Type = EventType.Invoke };
        Add(from, call);
        if (to is { } at)
            Add(at, (answer ?? (static c => c))(call with { Type = type }));
        return this;
    }

    public Tale Note(string proc, double at, HistoryEvent what)
    {
        Add(at, what with { Proc = proc, Call = ++_call, Type = EventType.Ok });
        return this;
    }

    public Tale Enqueue(double at, long job, double? answered = -1, string answer = "Created", long? order = null, long? id = null, Func<HistoryEvent, HistoryEvent>? change = null)
        => Call("producer", at, answered is -1 ? at + 1 : answered, (change ?? (static e => e))(new HistoryEvent { Op = Ops.Enqueue, Job = job, Order = order ?? job }), e => e with { Answer = answer, Ids = [id ?? job] });

    public Tale Open(string proc, double at, long session, double leaseMs)
        => Call(proc, at, at + 1, new HistoryEvent { Op = Ops.Open, Session = session, Span = Ns(leaseMs) });

    public Tale Renew(string proc, double at, long session) => Call(proc, at, at + 1, new HistoryEvent { Op = Ops.Beat, Session = session }, static e => e with { Answer = "Held" });

    public Tale Claim(string proc, double at, long job, int run, long? session = null, int attempts = 0, double? read = null, long? fence = null, long? token = null, int lostRuns = 0)
        => Call(proc, at, at + 1, new HistoryEvent { Op = Ops.Claim, Session = session ?? Session }, e => e with
        {
            Job = job,
            Run = run,
            Token = token ?? Token(job, run),
            Fence = fence ?? run,
            What = "Job",
            Attempts = attempts,
            LostRuns = lostRuns,
            Value = read,
        });

    public Tale Settle(string proc, double at, long job, int run, string outcome, string answer = "Settled", JobState? state = null, Func<HistoryEvent, HistoryEvent>? change = null)
        => Call(proc, at, at + 1, (change ?? (static e => e))(new HistoryEvent { Op = Ops.Settle, Job = job, Token = Token(job, run), What = outcome }), e => e with
        {
            Answer = answer,
            State = state ?? (outcome switch { "Completed" => JobState.Completed, "Failed" => JobState.Failed, "Cancelled" => JobState.Cancelled, _ => JobState.Pending }),
        });

    public Tale Flush(string proc, double at, long job, int run, double? cursor = null, double? progress = null, string answer = "Written")
        => Call(proc, at, at + 1, new HistoryEvent { Op = Ops.Flush, Job = job, Token = Token(job, run), Value = cursor, Progress = progress }, e => e with { Answer = answer });

    /// <summary>A recovery that declares a session dead and takes over jobs.</summary>
    public Tale Recover(string proc, double at, long session, params long[] jobs)
    {
        var call = new HistoryEvent { Op = Ops.Recover, Session = 99, Proc = proc, Call = ++_call, Type = EventType.Invoke };
        Add(at, call);
        Add(at + 1, call with { Type = EventType.Ok, Answer = "dead", Ids = [session] });
        foreach (var job in jobs)
            Add(at + 1, call with { Type = EventType.Ok, Answer = "recovered", Job = job });
        return this;
    }

    public Tale Act(double at, long job, string action, string answer = "Done", JobState? state = null)
        => Call("operator", at, at + 1, new HistoryEvent { Op = Ops.Act, Job = job, What = action }, e => e with { Answer = answer, State = state });

    public Tale Ledger(string proc, double at, string op, long job, int run, string? what = null, double? value = null)
        => Note(proc, at, new HistoryEvent { Op = op, Job = job, Run = run, Token = Token(job, run), What = what, Value = value });

    /// <summary>A whole run: claim, begin, done, settled.</summary>
    public Tale Done(string proc, double at, long job, int run)
        => Claim(proc, at, job, run).Ledger(proc, at + 2, Ops.Begin, job, run).Ledger(proc, at + 3, Ops.End, job, run, "done").Settle(proc, at + 4, job, run, "Completed");

    public Tale Process(double at, string op, string process, double? value = null) => Note("runner", at, new HistoryEvent { Op = op, What = process, Value = value });

    public Tale Dump(double at, long job, JobState state, long? order = null, int attempts = 0, int run = 1, double? progress = null)
        => Note("runner", at, new HistoryEvent { Op = Ops.Dump, Job = job, Order = order ?? job, State = state, Attempts = attempts, Run = run, Progress = progress });

    public static long Ns(double milliseconds) => (long)(milliseconds * MonotonicClock.Millisecond);

    private static long Token(long job, int run) => (job * 1_000) + run;

    private void Add(double milliseconds, HistoryEvent e) => _events.Add(e with { T = Ns(milliseconds), Seq = _events.Count });
}
