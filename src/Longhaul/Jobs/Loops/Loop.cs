using Longhaul.Storage;
using Longhaul.Worker;

namespace Longhaul.Jobs;

/// <summary>Runs the items of one loop: workers pull them from the source in order, run the body, and move the position.</summary>
internal sealed class Loop<TItem, TCursor> : ILoopGuard
{
    private readonly LoopPlan<TItem, TCursor> _plan;
    private readonly JobScope _scope;
    private readonly JobContext _context;
    private readonly RunState _run;
    private readonly LoopPosition<TCursor> _position;
    private readonly CheckpointDocument _document;
    private readonly RunBuffers _buffers;
    private readonly LoopGate _gate;
    private readonly CancellationToken _stop;
    private readonly CancellationToken _hard;

    public Loop(LoopPlan<TItem, TCursor> plan, JobScope scope, JobContext context, LoopPosition<TCursor> position)
    {
        (_plan, _scope, _context, _run, _position) = (plan, scope, context, scope.Run, position);
        _flushEvery = plan.Options.FlushEvery ?? long.MaxValue;
        _flushedAt = position.Done;
        _document = _run.Checkpoint;
        _buffers = _run.Buffers;
        _gate = new LoopGate(plan.Options, _run.Host.Time, _run.Progress, scope.Node);
        (_stop, _hard) = (_run.StopToken, _run.HardStop);
    }

    private readonly long _flushEvery;
    private long _flushedAt;

    private string Path => _scope.ScopePath;

    public async Task<LoopResult> RunAsync()
    {
        _run.EnterSafePoints();
        try
        {
            if (_run.Claim.Kind == RunKind.FailedItems)
                await RunFailedItemsAsync().ConfigureAwait(false);
            if (_run.Claim.Kind != RunKind.FailedItems || !_position.Ended)
                await RunNewItemsAsync().ConfigureAwait(false);
            return new LoopResult(_position.Done, _position.Failed);
        }
        finally
        {
            _run.LeaveSafePoints();
        }
    }

    private async Task RunNewItemsAsync()
    {
        var source = _plan.Open(_position.Low, _stop);
        await using (source.ConfigureAwait(false))
        {
            await PullAsync(new NewItems<TItem, TCursor>(_plan, _position, source, _stop)).ConfigureAwait(false);
        }

        _position.End();
        _plan.Options.ItemErrors.Check(Path, _position.Failed, _position.Done, _position.Total, atEnd: true);
    }

    private async Task RunFailedItemsAsync()
    {
        var records = await _run.FailedItemsAsync(loop => loop == Path).ConfigureAwait(false);
        await PullAsync(new FailedItems<TItem, TCursor>(_plan, records, Gone, _stop)).ConfigureAwait(false);
    }

    private async Task PullAsync(IItemSource<TItem, TCursor> items)
    {
        using var workers = new LoopWorkers<TItem, TCursor>(_plan.Options.Parallelism, items, RunItemAsync, this, _stop);
        await workers.RunAsync().ConfigureAwait(false);
    }

    public ValueTask BeforeFetchAsync() => _gate.PassAsync(_stop);

    public ValueTask BeforeBodyAsync()
    {
        var proven = _run.Host.LeaseProvenAsync(_stop);
        return proven.IsCompletedSuccessfully && !MustFlush && !_document.IsFaulty ? default : WaitBeforeBodyAsync(proven);
    }

    public void Close() => _position.Close();

    private bool MustFlush => _buffers.Holds(RunBuffers.Plenty) || _position.Done - _flushedAt >= _flushEvery;

    private async ValueTask WaitBeforeBodyAsync(ValueTask proven)
    {
        await proven.ConfigureAwait(false);
        _document.ThrowIfFaulty();
        if (!MustFlush)
            return;
        _flushedAt = _position.Done;
        if (_buffers.Holds(RunBuffers.Plenty))
            _document.Force(); // what fills the buffers goes with it
        await _run.Host.FlushAsync(_run, _stop).ConfigureAwait(false);
    }

    /// <summary>Runs one item. Throws only what ends the loop.</summary>
    private Task RunItemAsync(Item<TItem, TCursor> item)
    {
        if (_plan.NeedsContext || item.Again is not null)
            return RunCarefullyAsync(item, null);
        var body = StartAsync(item.Value, null);
        if (!body.IsCompletedSuccessfully)
            return RunCarefullyAsync(item, body);
        _position.Finish(item.Number, failed: false);
        _gate.Succeeded();
        return Task.CompletedTask;
    }

    private Task StartAsync(TItem item, ItemContext? context)
    {
        try
        {
            return _plan.Body(item, context, _hard);
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
    }

    private async Task RunCarefullyAsync(Item<TItem, TCursor> item, Task? begun)
    {
        while (!await TryRunAsync(item, begun).ConfigureAwait(false))
        {
            begun = null;
            await _gate.PassAsync(_stop).ConfigureAwait(false);
            await _run.Host.LeaseProvenAsync(_stop).ConfigureAwait(false);
        }
    }

    /// <returns>False: the other side refused it, and it is to be tried again.</returns>
    private async Task<bool> TryRunAsync(Item<TItem, TCursor> item, Task? begun)
    {
        var context = _plan.NeedsContext ? new ItemContext(_context, _position, _gate, item.Number, item.Again?.Item) : null;
        try
        {
            await (begun ?? StartAsync(item.Value, context)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var undecided = context?.Failed() == true;
            if (IsInterrupt(e))
                throw new OperationCanceledException("The item was interrupted: it runs again.", e, _stop);
            if (!undecided && e is ThrottledException throttled)
            {
                _gate.Refused(throttled.RetryAfter, throttled.Message);
                return false;
            }

            if (undecided || !_plan.Options.ItemErrors.Records || IsAboutTheJob(e))
                throw;
            RecordFailure(item, e, context?.Label);
            return true;
        }

        if (context is null && item.Again is null)
            _position.Finish(item.Number, failed: false);
        else
            FinishWithContext(item, context);
        _gate.Succeeded();
        return true;
    }

    private void FinishWithContext(Item<TItem, TCursor> item, ItemContext? context)
    {
        _run.Together(() =>
        {
            context?.Succeeded();
            if (item.Again is { } again)
                Mend(again);
            else
                _position.Finish(item.Number, failed: false);
        });
        context?.Finished();
    }

    private static bool IsAboutTheJob(Exception e) => e is FailNowException or RetryAfterException or LeaseLostException;

    // Once the hard token has tripped, whatever a body throws is taken for its answer.
    private bool IsInterrupt(Exception e)
        => e is not LeaseLostException &&
           (_hard.IsCancellationRequested || (_stop.IsCancellationRequested && (e is OperationCanceledException || e.InnerException is OperationCanceledException)));

    private void RecordFailure(Item<TItem, TCursor> item, Exception e, string? label)
    {
        var failure = new ItemFailureRecord
        {
            Item = item.Again?.Item ?? new ItemKey(Path, CursorJson.Text(item.Cursor)),
            After = item.HasBefore ? CursorJson.Text(item.Before) : null,
            Error = ItemError.From(e),
            At = _run.Host.Time.GetUtcNow(),
            Label = label is null ? item.Again?.Label : StorageText.Clean(label, JobLimits.NoteLength),
            Tries = (item.Again?.Tries ?? 0) + 1,
        };
        _run.Together(() =>
        {
            _buffers.Add(failure);
            if (item.Again is null)
                _position.Finish(item.Number, failed: true);
            else
                _position.Touch();
        });
        if (item.Again is null)
            _plan.Options.ItemErrors.Check(Path, _position.Failed, _position.Done, _position.Total, atEnd: false);
    }

    private void Mend(ItemFailureRecord record)
    {
        _buffers.AddMended(record.Item);
        _position.Mend();
    }

    private void Gone(ItemFailureRecord record) => _run.Together(() =>
    {
        _buffers.Add(record with
        {
            Error = new JobError("gone", "The source did not give this item again where it was: it stays on record."),
            At = _run.Host.Time.GetUtcNow(),
            Tries = record.Tries + 1,
        });
        _position.Touch();
    });
}
