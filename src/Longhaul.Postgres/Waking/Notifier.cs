using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Keeps this process from notifying more than 100 times a second; what came in between is told together, so that none is lost.</summary>
internal sealed class Notifier : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Database _database;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _later = [];
    private readonly ITimer _timer;
    private Task _telling = Task.CompletedTask;
    private long _last;
    private bool _scheduled;
    private bool _closed;

    public Notifier(Database database)
    {
        _database = database;
        _timer = TimeProvider.System.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool TryTake()
    {
        var now = TimeProvider.System.GetTimestamp();
        lock (_gate)
        {
            if (_last != 0 && TimeProvider.System.GetElapsedTime(_last, now) < Interval)
                return false;
            _last = now;
            return true;
        }
    }

    public void Later(IReadOnlyCollection<string> queues)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _later.UnionWith(queues);
            if (_scheduled)
                return;
            _scheduled = true;
            _ = _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _closed = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        Tell(); // what is left
        await _telling.ConfigureAwait(false);
    }

    private void Tell()
    {
        lock (_gate)
        {
            _scheduled = false;
            if (_later.Count == 0)
                return;
            string[] queues = [.. _later];
            _later.Clear();
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
            // The server is away: those who wait reconnect, and look for themselves when they have.
        }
    }
}
