using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>
/// Tells other processes what arrived: within the transaction that brings it, or after its commit and beside the caller. At most 100 times a second;
/// what comes in between is told together, so that none is lost.
/// </summary>
internal sealed class Notifier : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>After that, who writes again soon takes along what there is to tell, at less cost than a call of its own.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(5);

    private readonly Database _database;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _queues = [];
    private readonly ITimer _timer;
    private Task _telling = Task.CompletedTask;
    private long _last;
    private bool _isWaiting;
    private bool _isClosed;

    public Notifier(Database database)
    {
        _database = database;
        _timer = TimeProvider.System.CreateTimer(_ => TellWhenDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// What is to be told now, these queues among it, by the caller, in the transaction that writes to them. Where that fails, it is for
    /// <see cref="Tell"/> all the same. Null: it is too early; tell after the commit.
    /// </summary>
    public string[]? Take(IReadOnlyCollection<string> queues)
    {
        lock (_gate)
        {
            if (_isClosed || Left > TimeSpan.Zero)
                return null;
            _queues.UnionWith(queues);
            string[] all = [.. _queues];
            _queues.Clear();
            _last = TimeProvider.System.GetTimestamp();
            return all;
        }
    }

    public void Tell(IReadOnlyCollection<string> queues)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _queues.UnionWith(queues);
            if (_isWaiting)
                return;
            if (Left is var left && left <= TimeSpan.Zero)
            {
                TellNow();
                return;
            }

            _isWaiting = true;
            _ = _timer.Change(left + Grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>What is left is told before the store ends.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _isClosed = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        TellNow();
        Task telling;
        lock (_gate)
            telling = _telling;
        await telling.ConfigureAwait(false);
    }

    /// <summary>How long until it may be told again.</summary>
    private TimeSpan Left => _last == 0 ? TimeSpan.Zero : Interval - TimeProvider.System.GetElapsedTime(_last);

    private void TellWhenDue()
    {
        lock (_gate)
        {
            if (_queues.Count > 0 && !_isClosed && Left is var left && left > TimeSpan.Zero)
                _ = _timer.Change(left + Grace, Timeout.InfiniteTimeSpan); // a caller has taken what there was, and more has come since
            else
                TellNow();
        }
    }

    private void TellNow()
    {
        lock (_gate)
        {
            _isWaiting = false;
            if (_queues.Count == 0)
                return;
            string[] queues = [.. _queues];
            _queues.Clear();
            _last = TimeProvider.System.GetTimestamp();
            _telling = TellAsync(_telling, queues);
        }
    }

    private async Task TellAsync(Task before, string[] queues)
    {
        await before.ConfigureAwait(false);
        try
        {
            await _database.RunAsync(
                async (connection, cancel) =>
                {
                    using var command = connection.Command(_database.Sql["Wake.Wake"]).With(queues);
                    await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreException or ObjectDisposedException)
        {
            // The server is away: those who wait connect anew, and look for themselves when they have.
        }
    }
}
