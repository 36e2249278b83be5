namespace Longhaul.Sqlite;

/// <summary>A write whose caller awaits the answer.</summary>
internal sealed class AwaitedWrite<T>(Func<Transaction, T> work, CancellationToken cancellationToken) : WriteOperation
{
    // Continuations run elsewhere: the writer must not run a caller's code.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _answer.Task;

    public override bool IsAwaited => true;

    public override bool Enter()
    {
        if (!cancellationToken.IsCancellationRequested)
            return true;
        _answer.SetCanceled(cancellationToken);
        return false;
    }

    public override void Run(Transaction transaction) => _result = work(transaction);

    public override void Succeed() => _answer.SetResult(_result);

    public override void Fail(Exception exception) => _answer.SetException(exception);
}
