using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace StorageMigration.Migration;

/// <summary>Keeps the migration's row in its own table up to date: every 5 s, at the end of a phase, and at the end. Used by any number of threads.</summary>
internal sealed class StateKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly MigrationStates _states;
    private readonly CancellationTokenSource _end = new();
    private readonly ILogger? _log;
    private readonly Task _ticking;
    private readonly Lock _gate = new();
    private MigrationState _state;
    private double _before;
    private double _weight;
    private long _processed;

    private StateKeeper(MigrationStates states, MigrationState state, TimeProvider time, ILogger? log)
    {
        (_states, _state, _log) = (states, state with { Status = "running" }, log);
        Save();
        _ticking = TickAsync(time);
    }

    /// <param name="states">The table.</param>
    /// <param name="state">The row.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told where the row could not be written at its time.</param>
    public static StateKeeper Start(MigrationStates states, MigrationState state, TimeProvider time, ILogger? log = null) => new(states, state, time, log);

    /// <summary>A phase begins; the one before it has ended.</summary>
    /// <param name="phase">Its name.</param>
    /// <param name="weight">Its share of the whole.</param>
    public void Enter(string phase, double weight)
    {
        lock (_gate)
        {
            _before += _weight;
            (_weight, _processed) = (weight, 0);
            _state = _state with { Phase = phase, Total = null };
        }

        SaveOrTell(Save);
    }

    /// <summary>The phase counts its objects.</summary>
    /// <param name="processed">Those that earlier runs have done in it.</param>
    /// <param name="total">All of them.</param>
    public void Count(long processed, long total)
    {
        lock (_gate)
            (_processed, _state) = (processed, _state with { Total = total });
    }

    /// <summary>So many objects more.</summary>
    public void Advance(long objects = 1) => Interlocked.Add(ref _processed, objects);

    public void Complete() => End(_state with { Status = "completed", Progress = 1 });

    public void Fail(string error) => End(_state with { Status = "failed", Error = error });

    /// <summary>A run that has not ended the migration leaves the row as it is: another one may have written it by now.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _ticking;
        _end.Dispose();
    }

    private void End(MigrationState state)
    {
        lock (_gate)
            _state = Current(state);
        SaveOrTell(() => _states.Save(_state));
    }

    private void Save()
    {
        lock (_gate)
        {
            if (_state.Status == "running")
                _states.Save(_state = Current(_state));
        }
    }

    private MigrationState Current(MigrationState state)
    {
        var processed = Interlocked.Read(ref _processed);
        var share = state.Total is > 0 and var total ? Math.Min(1, (double)processed / total) : 0;
        return state with { Processed = processed, Progress = state.Status == "completed" ? 1 : Math.Clamp(Math.Max(state.Progress, _before + (_weight * share)), 0, 1) };
    }

    private async Task TickAsync(TimeProvider time)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
                SaveOrTell(Save);
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }

    /// <summary>A row that is behind is no reason to fail a migration; how its job ended is noted for it as well.</summary>
    private void SaveOrTell(Action save)
    {
        try
        {
            save();
        }
        catch (SqliteException e)
        {
            _log?.LogWarning("the migrations' own table could not be written, which is tried again: {Error}", e.Message);
        }
    }
}
