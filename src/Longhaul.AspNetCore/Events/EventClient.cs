namespace Longhaul.AspNetCore.Events;

/// <summary>
/// One who listens. What waits for it is bounded: a later event takes the place of an earlier one about the same, and whoever falls too far
/// behind with what cannot be replaced (log lines, traces) is cut off.
/// </summary>
internal sealed class EventClient(string? owner, EventTopics topics, IReadOnlySet<long> followed)
{
    /// <summary>More things than this waiting: it does not read.</summary>
    private const int MostWaiting = 6_000;

    /// <summary>Nor with so many bytes: everything that runs and is listed has less.</summary>
    private const long MostBytes = 16 << 20;

    private readonly Lock _gate = new();
    private Dictionary<string, EventFrame> _waiting = new(StringComparer.Ordinal);
    private TaskCompletionSource _something = NewSignal();
    private long _bytes;

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
            _bytes += frame.Bytes.Length - (_waiting.TryGetValue(frame.Key, out var earlier) ? earlier.Bytes.Length : 0);
            _waiting[frame.Key] = frame;
            if (_waiting.Count > MostWaiting || _bytes > MostBytes)
            {
                IsLost = true;
                _waiting = [];
            }

            _something.TrySetResult();
        }
    }

    /// <summary>Takes what waits, in the order of the changes; empty: nothing came in the time.</summary>
    public async Task<IReadOnlyList<EventFrame>> TakeAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        Task something;
        lock (_gate)
            something = _something.Task;
        try
        {
            await something.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return [];
        }

        lock (_gate)
        {
            EventFrame[] frames = [.. _waiting.Values.OrderBy(static frame => frame.Id)];
            _waiting = new Dictionary<string, EventFrame>(StringComparer.Ordinal);
            _something = NewSignal();
            _bytes = 0;
            return frames;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
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
