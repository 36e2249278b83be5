namespace Longhaul.AspNetCore.Api;

/// <summary>
/// Answers that cost by how much there is instead of how much is shown. One that took long is kept for twenty times as long: however often and by however
/// many it is looked at, it takes a twentieth of a core at most. Others are not kept at all.
/// </summary>
internal sealed class KeptAnswers<TKey, TAnswer>(TimeProvider time)
    where TKey : notnull
{
    private const int TimesAsLong = 20;
    private const int Most = 100;

    /// <summary>At a look a second one that is quicker takes less than a twentieth of a core.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (TAnswer Answer, long At, TimeSpan Keep)> _kept = [];
    private int _changes;

    public async Task<TAnswer> GetAsync(TKey key, Func<CancellationToken, Task<TAnswer>> make, CancellationToken cancellationToken)
    {
        int changes;
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out var kept) && time.GetElapsedTime(kept.At) < kept.Keep)
                return kept.Answer;
            changes = _changes;
        }

        var began = time.GetTimestamp();
        var answer = await make(cancellationToken).ConfigureAwait(false);
        var took = time.GetElapsedTime(began);
        lock (_gate)
        {
            if (took >= Long && changes == _changes)
            {
                if (_kept.Count >= Most)
                    _kept.Clear();
                _kept[key] = (answer, time.GetTimestamp(), took * TimesAsLong);
            }
        }

        return answer;
    }

    /// <summary>Something was changed: what was kept, or is on its way, may not show it.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _changes++;
            _kept.Clear();
        }
    }
}
