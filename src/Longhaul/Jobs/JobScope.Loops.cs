using Longhaul.Jobs;

namespace Longhaul;

public abstract partial class JobScope
{
    private int _loops;

    /// <summary>
    /// Runs a body for each item of a source that can go on from a cursor, and keeps the place: when the job runs again, items that were finished
    /// over one flush (2 s) before a crash, and all that were finished before an orderly stop, do not run again.
    /// </summary>
    /// <remarks>
    /// <para>Bodies are started in the source's order, up to <see cref="LoopOptions.Parallelism"/> side by side. When the run is to stop, no further item is started;
    /// items in flight are let finish for a shutdown, a pause or a time slice (their token trips when the worker's patience ends), and are told at once otherwise.</para>
    /// <para>One loop a phase, and one directly in the job: a second one belongs into a phase of its own.</para>
    /// </remarks>
    /// <typeparam name="TItem">What is worked on.</typeparam>
    /// <typeparam name="TCursor">A string, number, or record that survives JSON.</typeparam>
    /// <param name="source">
    /// Gives the items after a cursor, always in the same order; null (for a number, declared as <c>(long? after) =&gt;</c>): from the beginning. Enumerated by one caller at a time.
    /// </param>
    /// <param name="cursor">An item's cursor; no two items have the same.</param>
    /// <param name="body">The work on one item. It runs again after a crash in the middle of it.</param>
    /// <param name="options">Parallelism, what becomes of errors, throttling.</param>
    /// <returns>How many were done and failed, over all runs of the job.</returns>
    /// <exception cref="OperationCanceledException">The run is to stop: let it pass.</exception>
    /// <exception cref="ItemBudgetExceededException">More items failed than <see cref="LoopOptions.ItemErrors"/> allows.</exception>
    /// <exception cref="FailNowException">The saved cursor cannot be read as <typeparamref name="TCursor"/>.</exception>
    public Task<LoopResult> ForEachAsync<TItem, TCursor>(
        Func<TCursor?, IAsyncEnumerable<TItem>> source, Func<TItem, TCursor> cursor, Func<TItem, CancellationToken, Task> body, LoopOptions? options = null)
        => RunLoopAsync(Open(source), cursor, Plain(body), needsContext: false, options);

    /// <inheritdoc cref="ForEachAsync{TItem, TCursor}(Func{TCursor, IAsyncEnumerable{TItem}}, Func{TItem, TCursor}, Func{TItem, CancellationToken, Task}, LoopOptions?)"/>
    public Task<LoopResult> ForEachAsync<TItem, TCursor>(
        Func<TCursor?, IEnumerable<TItem>> source, Func<TItem, TCursor> cursor, Func<TItem, CancellationToken, Task> body, LoopOptions? options = null)
        => RunLoopAsync(Open(source), cursor, Plain(body), needsContext: false, options);

    /// <inheritdoc cref="ForEachAsync{TItem, TCursor}(Func{TCursor, IAsyncEnumerable{TItem}}, Func{TItem, TCursor}, Func{TItem, CancellationToken, Task}, LoopOptions?)"/>
    public Task<LoopResult> ForEachAsync<TItem, TCursor>(
        Func<TCursor?, IAsyncEnumerable<TItem>> source, Func<TItem, TCursor> cursor, Func<TItem, ItemContext, CancellationToken, Task> body, LoopOptions? options = null)
        => RunLoopAsync(Open(source), cursor, body!, needsContext: true, options);

    /// <inheritdoc cref="ForEachAsync{TItem, TCursor}(Func{TCursor, IAsyncEnumerable{TItem}}, Func{TItem, TCursor}, Func{TItem, CancellationToken, Task}, LoopOptions?)"/>
    public Task<LoopResult> ForEachAsync<TItem, TCursor>(
        Func<TCursor?, IEnumerable<TItem>> source, Func<TItem, TCursor> cursor, Func<TItem, ItemContext, CancellationToken, Task> body, LoopOptions? options = null)
        => RunLoopAsync(Open(source), cursor, body!, needsContext: true, options);

    private static Func<TCursor?, CancellationToken, IAsyncEnumerator<TItem>> Open<TItem, TCursor>(Func<TCursor?, IAsyncEnumerable<TItem>> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return (after, stop) => source(after).GetAsyncEnumerator(stop);
    }

    private static Func<TCursor?, CancellationToken, IAsyncEnumerator<TItem>> Open<TItem, TCursor>(Func<TCursor?, IEnumerable<TItem>> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return (after, _) => new SyncEnumerator<TItem>(source(after).GetEnumerator());
    }

    private static Func<TItem, ItemContext?, CancellationToken, Task> Plain<TItem>(Func<TItem, CancellationToken, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return (item, _, stop) => body(item, stop);
    }

    private async Task<LoopResult> RunLoopAsync<TItem, TCursor>(
        Func<TCursor?, CancellationToken, IAsyncEnumerator<TItem>> open, Func<TItem, TCursor> cursor,
        Func<TItem, ItemContext?, CancellationToken, Task> body, bool needsContext, LoopOptions? options)
    {
        ArgumentNullException.ThrowIfNull(cursor);
        ArgumentNullException.ThrowIfNull(body);
        options ??= new LoopOptions();
        options.Check();
        if (Interlocked.Exchange(ref _loops, 1) != 0)
            throw new InvalidOperationException($"'{ScopePath}' already has a loop in this run, and keeps one cursor. Put each loop into a phase of its own.");

        Run.ThrowIfStopping();
        var record = Run.Checkpoint.Phase(ScopePath);
        var saved = record.SavedLoop is { } json ? SavedLoop<TCursor>.Read(Context.Id, ScopePath, json) : null;
        var position = new LoopPosition<TCursor>(options.ActualWindow, options.Total, saved);
        Run.Checkpoint.Change(() => record.Loop = position);
        Run.Progress.Attach(Node, position);
        return await new Loop<TItem, TCursor>(new LoopPlan<TItem, TCursor>(open, cursor, body, needsContext, options), this, Context, position).RunAsync().ConfigureAwait(false);
    }
}
