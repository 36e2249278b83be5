namespace Longhaul.Proof;

/// <summary>Where handlers write what they did: outside of the store.</summary>
internal sealed class Ledger(Recorder recorder)
{
    /// <summary>The handler of a run begins. Dispose when it ends.</summary>
    public LedgerEntry Begin(JobContext context, long order, CancellationToken stop) => new(recorder, context, order, stop);
}

/// <summary>The part of one run in the ledger.</summary>
internal sealed class LedgerEntry : IDisposable
{
    private readonly Recorder _recorder;
    private readonly JobContext _context;
    private readonly HistoryEvent _run;
    private readonly CancellationTokenRegistration _told;
    private bool _ended;

    public LedgerEntry(Recorder recorder, JobContext context, long order, CancellationToken stop)
    {
        _recorder = recorder;
        _context = context;
        _run = new HistoryEvent
        {
            Job = context.Id.Value,
            Run = context.RunNumber,
            Token = context.Run.Claim.Key.Token,
            Fence = context.FenceToken,
            Order = order,
        };
        Write(Ops.Begin);
        _told = stop.Register(() => Write(Ops.Told, context.StopReason.ToString()));
    }

    public void Item(long item) => Write(Ops.Item, value: item);

    public void End(string how)
    {
        _ended = true;
        Write(Ops.End, how);
    }

    public void Dispose()
    {
        _told.Dispose();
        if (!_ended)
            Write(Ops.End, _context.StopReason == StopReason.None ? "thrown" : "stopped");
    }

    private void Write(string op, string? what = null, double? value = null) => _recorder.Note(_run with { Op = op, What = what, Value = value });
}
