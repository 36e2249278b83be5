namespace Longhaul;

/// <summary>What an error of one item does to its loop.</summary>
public sealed class ItemErrors
{
    private const int SmallestSample = 100;

    private ItemErrors(bool records, long? count, double? share) => (Records, Count, Share) = (records, count, share);

    /// <summary>The first error ends the loop, once the items in flight are finished: the attempt failed.</summary>
    public static ItemErrors Fail { get; } = new(false, null, null);

    internal bool Records { get; }

    internal long? Count { get; }

    internal double? Share { get; }

    /// <summary>
    /// Errors are recorded with their items, which can be run again alone, and the loop goes on, unless more fail than this allows:
    /// then it ends with <see cref="ItemBudgetExceededException"/>. Without arguments any number may fail.
    /// </summary>
    /// <remarks>
    /// <see cref="FailNowException"/>, <see cref="RetryAfterException"/> and <see cref="LeaseLostException"/> are about the job and are never recorded.
    /// A share is of the larger of <see cref="LoopOptions.Total"/> and the items done; where no total is said, it counts from 100 items on; at the end it is of the items done.
    /// </remarks>
    /// <param name="upToCount">How many may fail; at least 0.</param>
    /// <param name="upToShare">What share may fail; 0 to 1.</param>
    public static ItemErrors Record(long? upToCount = null, double? upToShare = null)
    {
        if (upToCount is { } count)
            ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(upToCount));
        if (upToShare is { } share && share is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(upToShare), share, $"A share of failed items must be from 0 to 1, but was {share}.");
        return new ItemErrors(true, upToCount, upToShare);
    }

    /// <summary>Throws when more items have failed than may.</summary>
    internal void Check(string loop, long failed, long done, long? total, bool atEnd)
    {
        if (failed == 0)
            return;
        var of = atEnd ? done : Math.Max(done, total ?? 0);
        var counts = atEnd || total is not null || done >= SmallestSample;
        if (failed > Count || (counts && failed > Share * of))
            throw new ItemBudgetExceededException($"{failed} of {done} items of loop '{loop}' failed, more than {Words()}. Mend the cause, then run the failed items again.");
    }

    private string Words() => (Count, Share) switch
    {
        ({ } count, { } share) => FormattableString.Invariant($"{count} or {share:P2}"),
        (null, { } share) => FormattableString.Invariant($"{share:P2}"),
        ({ } count, null) => FormattableString.Invariant($"{count}"),
        _ => "any",
    };
}
