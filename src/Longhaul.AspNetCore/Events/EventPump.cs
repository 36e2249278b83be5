using Longhaul.AspNetCore.Problems;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.Events;

/// <summary>
/// Looks at the store for all clients of this process: once a second, and four times a second at the jobs that somebody follows. It begins with
/// the first client, and ends half a minute after the last.
/// </summary>
internal sealed class EventPump : IAsyncDisposable
{
    private const int LooksBetween = 4;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Lingers = TimeSpan.FromSeconds(30);

    private readonly EventReader _reader;
    private readonly HttpOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<EventClient> _clients = [];
    private TaskCompletionSource _begun = NewSignal();
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private long _lastClient;

    public EventPump(EventReader reader, HttpOptions options, TimeProvider time, ILogger logger)
    {
        (_reader, _options, _time, _logger) = (reader, options, time, logger);
        Stopping = _stop.Token; // may be asked for when the source has gone
    }

    /// <summary>Ends with the host.</summary>
    public CancellationToken Stopping { get; }

    public int Clients
    {
        get
        {
            lock (_gate)
                return _clients.Count;
        }
    }

    /// <summary>Adds a client, and posts to it what it is to know first.</summary>
    /// <param name="client">Who listens.</param>
    /// <param name="lastId">The last event that it has seen; null: none.</param>
    /// <param name="cancellationToken">It has gone.</param>
    public async Task AddAsync(EventClient client, long? lastId, CancellationToken cancellationToken)
    {
        Task begun;
        lock (_gate)
        {
            if (Stopping.IsCancellationRequested)
                throw Stops();
            if (_clients.Count >= _options.MaxEventClients)
                throw new ApiProblem(ApiProblem.Of(503, "busy", "Too many clients", $"At most {_options.MaxEventClients} clients may follow live events at once, and so many do. Try again later.").View) { RetryAfterSeconds = 10 };
            _lastClient = _time.GetTimestamp();
            if (!_isRunning)
            {
                _isRunning = true;
                _begun = NewSignal();
                _running = Task.Run(RunAsync, CancellationToken.None);
            }

            begun = _begun.Task;
        }

        try
        {
            await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
            await _reader.GreetAsync(client, lastId, Joins, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && Stopping.IsCancellationRequested)
        {
            throw Stops();
        }
    }

    public void Remove(EventClient client)
    {
        lock (_gate)
        {
            _clients.Remove(client);
            _lastClient = _time.GetTimestamp();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _reader.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private static ApiProblem Stops()
        => new(ApiProblem.Of(503, "busy", "The host stops", "The host must run on, but stops. Try again.").View) { RetryAfterSeconds = 2 };

    private void Joins(EventClient client)
    {
        lock (_gate)
            _clients.Add(client);
    }

    private EventClient[] Snapshot()
    {
        lock (_gate)
            return [.. _clients];
    }

    private async Task RunAsync()
    {
        _reader.Begin();
        using var timer = new PeriodicTimer(Every, _time);
        try
        {
            for (var look = 0; !HasEnded(); look++)
            {
                await LookAsync(whole: look % LooksBetween == 0).ConfigureAwait(false);
                await timer.WaitForNextTickAsync(Stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task LookAsync(bool whole)
    {
        try
        {
            await _reader.LookAsync(Snapshot(), whole, Stopping).ConfigureAwait(false);
            if (_reader.IsAway)
                Log.EventsGoOn(_logger);
            _reader.IsAway = false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever it is: clients wait for what comes after it.
            if (!_reader.IsAway)
                Log.EventsWait(_logger, e);
            _reader.IsAway = true;
            _reader.TellUnknown(Snapshot());
        }

        _begun.TrySetResult(); // also when the store is away: clients are told so
    }

    private bool HasEnded()
    {
        lock (_gate)
        {
            if (_clients.Count > 0 || _time.GetElapsedTime(_lastClient) < Lingers)
                return false;
            _isRunning = false;
            return true;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
