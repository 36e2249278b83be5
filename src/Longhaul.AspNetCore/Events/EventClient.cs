namespace Longhaul.AspNetCore.Events;

/// <summary>
/// One who listens. What waits for it is bounded: a later event takes the place of an earlier one about the same, and whoever falls too far
/// behind with what cannot be replaced (log lines, traces) is cut off.
/// </summary>
internal sealed class EventClient(string? owner, EventTopics topics, IReadOnlySet<long> followed)
{
    /// <summary>More things than this waiting: it does not read.</summary>
    private const int MostWaiting = 6_000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private Dictionary<string, EventFrame> _waiting = new(StringComparer.Ordinal);

    /// <summary>Only this owner's jobs; null: all.</summary>
    public string? Owner => owner;

    public EventTopics Topics => topics;

    /// <summary>Jobs of which it also gets log and traces.</summary>
    public IReadOnlySet<long> Followed => followed;

    /// <summary>Whether it came by a signed link: it gets the progress of its one job and nothing else.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether it is to be cut off.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether it gets the events of a job.</summary>
    public bool Sees(long job, string? jobOwner) => !IsShared && (owner is null || owner == jobOwner) && (topics.HasFlag(EventTopics.Jobs) || followed.Contains(job));

    public void Post(EventFrame frame)
    {
        lock (_gate)
        {
            if (IsLost)
                return;
            _waiting[frame.Key] = frame;
            if (_waiting.Count > MostWaiting)
            {
                IsLost = true;
                _waiting = [];
            }
        }

        Wake();
    }

    /// <summary>Takes what waits, in the order of the changes; empty: nothing came in the time.</summary>
    public async Task<IReadOnlyList<EventFrame>> TakeAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _signal.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }

        lock (_gate)
        {
            EventFrame[] frames = [.. _waiting.Values.OrderBy(static frame => frame.Id)];
            _waiting = new Dictionary<string, EventFrame>(StringComparer.Ordinal);
            return frames;
        }
    }

    private void Wake()
    {
        try
        {
            if (_signal.CurrentCount == 0)
                _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another has woken it meanwhile.
        }
    }
}

/// <summary>What a client wants to hear of.</summary>
[Flags]
internal enum EventTopics
{
    None = 0,
    Jobs = 1,
    Queues = 2,
    Workers = 4,
    Status = 8,
    All = Jobs | Queues | Workers | Status,
}
