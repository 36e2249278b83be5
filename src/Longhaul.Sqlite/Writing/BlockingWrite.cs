using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Longhaul.Sqlite;

/// <summary>A write whose caller blocks its own thread until the answer is there: the thread pool has no part in it.</summary>
internal sealed class BlockingWrite<T>(Func<Transaction, T> work) : WriteOperation
{
    private readonly object _gate = new(); // for Monitor.Wait, which Lock does not have
    private T _result = default!;
    private ExceptionDispatchInfo? _error;
    private bool _entered;
    private bool _givenUp;
    private bool _done;

    /// <summary>Waits for the answer. False: it took too long; when the write had not begun by then, it never will.</summary>
    public bool TryGet(TimeSpan atMost, [MaybeNullWhen(false)] out T result)
    {
        lock (_gate)
        {
            // Pulsed once, at the end: a wait that returns false has waited all of its time.
            if (!_done && !Monitor.Wait(_gate, atMost))
            {
                _givenUp = !_entered;
                result = default;
                return false;
            }
        }

        _error?.Throw();
        result = _result;
        return true;
    }

    public override bool IsAwaited => false;

    public override bool Enter()
    {
        lock (_gate)
            return _entered = !_givenUp;
    }

    public override void Run(Transaction transaction) => _result = work(transaction);

    public override void Succeed()
    {
        lock (_gate)
        {
            _done = true;
            Monitor.Pulse(_gate);
        }
    }

    public override void Fail(Exception exception)
    {
        _error = ExceptionDispatchInfo.Capture(exception);
        Succeed();
    }
}
