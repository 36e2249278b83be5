namespace Longhaul.AspNetCore.Api;

/// <summary>
/// Answers that cost by how much there is instead of how much is shown. All who ask at once wait for the same one, and one that took long is kept for
/// thirty times as long: however often it is asked for, it takes a thirtieth of a core at most. Others are not kept at all.
/// </summary>
internal sealed class KeptAnswers<TKey, TAnswer>(TimeProvider time)
    where TKey : notnull
{
    private const int TimesAsLong = 30;
    private const int Most = 100;

    /// <summary>At a look a second one that is quicker takes less than a twentieth of a core.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Kept> _kept = [];

    /// <param name="key">What is asked for.</param>
    /// <param name="make">Answers it. Others may wait for it too, so no caller's going away ends it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TAnswer> GetAsync(TKey key, Func<Task<TAnswer>> make, CancellationToken cancellationToken)
    {
        Kept kept;
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out var known) && (known.Until is not { } until || time.GetTimestamp() < until))
                return known.Answer.WaitAsync(cancellationToken);
            if (_kept.Count >= Most)
                _kept.Clear();
            _kept[key] = kept = new Kept();
            kept.Answer = MakeAsync(key, kept, make);
        }

        return kept.Answer.WaitAsync(cancellationToken);
    }

    /// <summary>Something was changed: what was kept, or is on its way, may not show it.</summary>
    public void Forget()
    {
        lock (_gate)
            _kept.Clear();
    }

    private async Task<TAnswer> MakeAsync(TKey key, Kept kept, Func<Task<TAnswer>> make)
    {
        var (began, keep) = (time.GetTimestamp(), false);
        await Task.Yield(); // out of the lock
        try
        {
            var answer = await make().ConfigureAwait(false);
            keep = time.GetElapsedTime(began) >= Long;
            return answer;
        }
        finally
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                kept.Until = now + ((now - began) * TimesAsLong);
                if (!keep && _kept.GetValueOrDefault(key) == kept)
                    _kept.Remove(key);
            }
        }
    }

    private sealed class Kept
    {
        public Task<TAnswer> Answer { get; set; } = null!;

        /// <summary>Null: it is on its way.</summary>
        public long? Until { get; set; }
    }
}
