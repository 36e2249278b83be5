using System.Globalization;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>
/// A connection that hears notifications, and holds locks that others see for as long as it stands: one a session for its life, and the waiting flag.
/// It has a thread of its own, which reads all the time: it notices at once when the connection is lost, and connects anew.
/// </summary>
/// <remarks>The thread sits in a read that nothing but the server ends. So whoever wants something of it has the server notify it, on a channel of its own.</remarks>
internal sealed class Listener : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PokeAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    private readonly Database _database;
    private readonly Action<string> _notified;
    private readonly Action _flagRaised;
    private readonly string _own = "lh_own_" + Random.Shared.NextInt64().ToString("x", CultureInfo.InvariantCulture);
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _closing = new();
    private readonly HashSet<long> _wanted = [];
    private readonly HashSet<long> _held = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private Task _poking = Task.CompletedTask;
    private bool _isPoking;
    private bool _pokeWanted;
    private bool _isConnected;
    private bool _wantsFlag;
    private bool _isFlagUp;

    public Listener(Database database, Action<string> notified, Action flagRaised)
    {
        _database = database;
        _notified = notified;
        _flagRaised = flagRaised;
    }

    /// <summary>Whether others see that somebody waits here.</summary>
    public bool IsFlagUp
    {
        get
        {
            lock (_gate)
                return _isFlagUp && _wantsFlag;
        }
    }

    public bool Holds(long session)
    {
        lock (_gate)
            return _held.Contains(session);
    }

    public void Hold(long session) => Want(() => _wanted.Add(session));

    public void Release(long session) => Want(() => _wanted.Remove(session));

    public void RaiseFlag()
    {
        // One that is about to be lowered counts as down: see Apply.
        Want(() => !_wantsFlag && (_wantsFlag = true));
    }

    public void LowerFlag() => Want(() => _wantsFlag && !(_wantsFlag = false));

    public async ValueTask DisposeAsync()
    {
        Thread? thread;
        Task poking;
        lock (_gate)
        {
            _closing.Set();
            Nudge();
            (thread, poking) = (_thread, _poking);
        }

        await poking.ConfigureAwait(false);
        // Where the server does not answer, the thread ends with the process.
        if (thread is not null)
            _ = await Task.WhenAny(_ended.Task, Task.Delay(EndWithin, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
    }

    private void Want(Func<bool> change)
    {
        lock (_gate)
        {
            if (_closing.IsSet || !change())
                return;
            if (_thread is null)
            {
                _thread = new(Run) { IsBackground = true, Name = "longhaul listener", Priority = ThreadPriority.AboveNormal };
                _thread.Start();
                return;
            }

            Nudge();
        }
    }

    private void Nudge()
    {
        if (!_isConnected)
            return; // it does what is wanted when it is connected
        _pokeWanted = true;
        if (!_isPoking)
        {
            _isPoking = true;
            _poking = PokeAsync();
        }
    }

    /// <summary>Ends the thread's read, so that it does what is wanted of it.</summary>
    private async Task PokeAsync()
    {
        await Task.Yield();
        while (TakePoke())
        {
            try
            {
                await _database.RunAsync(
                    async (connection, cancel) =>
                    {
                        using var command = connection.Command(_database.Sql["Wake.Poke"]).With(_own);
                        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                    },
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is StoreException && !_closing.IsSet)
            {
                // Where the server is away, the thread notices by itself. Where it is only busy, it must be told all the same.
                lock (_gate)
                    _pokeWanted = true;
                await Task.Delay(PokeAgain, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is StoreException or ObjectDisposedException)
            {
                // It is ending, and the thread with it.
            }
        }
    }

    private bool TakePoke()
    {
        lock (_gate)
        {
            _isPoking = _pokeWanted && _isConnected;
            _pokeWanted = false;
            return _isPoking;
        }
    }

    private void Run()
    {
        var retry = FirstRetry;
        while (!_closing.IsSet)
        {
            try
            {
                using var connection = _database.Connect();
                Listen(connection);
                retry = FirstRetry;
                while (!_closing.IsSet)
                {
                    Apply(connection);
                    connection.Wait();
                }
            }
            catch (Exception exception) when (exception is StoreException || Faults.Is(exception) || exception is InvalidOperationException)
            {
                Lost();
                _ = _closing.Wait(retry);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }
        }

        Lost();
        _ended.SetResult();
    }

    private void Listen(NpgsqlConnection connection)
    {
        connection.Notification += (_, told) =>
        {
            if (told.Channel != _own)
                _notified(told.Payload);
        };
        using var listen = connection.Command($"LISTEN \"{_database.Schema.Channel}\"; LISTEN \"{_own}\"");
        listen.ExecuteNonQuery();
        lock (_gate)
            _isConnected = true; // from here on a poke is heard
    }

    /// <summary>Brings the locks to what is wanted.</summary>
    private void Apply(NpgsqlConnection connection)
    {
        while (true)
        {
            long? hold, release;
            bool raise, lower;
            lock (_gate)
            {
                hold = _wanted.Except(_held).Cast<long?>().FirstOrDefault();
                release = _held.Except(_wanted).Cast<long?>().FirstOrDefault();
                raise = _wantsFlag && !_isFlagUp;
                lower = !_wantsFlag && _isFlagUp;
                if (lower)
                    _isFlagUp = false; // whoever begins to wait from here on has it raised anew
            }

            if (hold is { } held)
            {
                Execute(connection, "Wake.Hold", held);
                lock (_gate)
                    _held.Add(held);
            }
            else if (release is { } released)
            {
                lock (_gate)
                    _held.Remove(released);
                Execute(connection, "Wake.Release", released);
            }
            else if (raise)
            {
                Execute(connection, "Wake.RaiseFlag", null);
                lock (_gate)
                    _isFlagUp = true;
                _flagRaised();
            }
            else if (lower)
            {
                Execute(connection, "Wake.LowerFlag", null);
            }
            else
            {
                return;
            }
        }
    }

    private void Execute(NpgsqlConnection connection, string name, long? session)
    {
        using var command = connection.Command(_database.Sql[name]);
        if (session is not null)
            _ = command.With(session);
        command.ExecuteNonQuery();
    }

    private void Lost()
    {
        lock (_gate)
        {
            _isConnected = false;
            _isFlagUp = false;
            _held.Clear();
        }
    }
}
