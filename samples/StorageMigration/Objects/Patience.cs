using System.Runtime.CompilerServices;
using Longhaul;

namespace StorageMigration.Objects;

/// <summary>Waits for a store that asks to be left alone, where no loop does that: around listings and single calls.</summary>
internal sealed class Patience(TimeProvider time)
{
    /// <summary>How long a store may be away before a job gives up.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Calls until it works.</summary>
    /// <exception cref="ThrottledException">It has not, for <see cref="Longest"/>.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                return await call();
            }
            catch (ThrottledException e) when (time.GetElapsedTime(began) < Longest)
            {
                await Task.Delay(e.RetryAfter ?? Pause, time, cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<Task> call, CancellationToken cancellationToken)
        => RunAsync(async () =>
        {
            await call();
            return true;
        }, cancellationToken);

    /// <summary>Lists a store; after a break it goes on behind the last object.</summary>
    /// <exception cref="ThrottledException">Nothing came for <see cref="Longest"/>.</exception>
    public async IAsyncEnumerable<StoredObject> ListAsync(IObjectStore store, string? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var list = store.ListAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (list)
            {
                while (await NextAsync(list, began, cancellationToken) is var next && next != Next.Broken)
                {
                    if (next == Next.End)
                        yield break;
                    (began, after) = (time.GetTimestamp(), list.Current.Place);
                    yield return list.Current;
                }
            }
        }
    }

    private async Task<Next> NextAsync(IAsyncEnumerator<StoredObject> list, long began, CancellationToken cancellationToken)
    {
        try
        {
            return await list.MoveNextAsync() ? Next.Object : Next.End;
        }
        catch (ThrottledException e) when (time.GetElapsedTime(began) < Longest)
        {
            await Task.Delay(e.RetryAfter ?? Pause, time, cancellationToken);
            return Next.Broken;
        }
    }

    private enum Next
    {
        Object,
        End,
        Broken,
    }
}
