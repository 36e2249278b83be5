namespace Longhaul.Jobs;

/// <summary>A plain sequence as an asynchronous one that never waits.</summary>
internal sealed class SyncEnumerator<T>(IEnumerator<T> inner) : IAsyncEnumerator<T>
{
    public T Current => inner.Current;

    public ValueTask<bool> MoveNextAsync() => new(inner.MoveNext());

    public ValueTask DisposeAsync()
    {
        inner.Dispose();
        return default;
    }
}
