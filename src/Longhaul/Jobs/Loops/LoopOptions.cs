namespace Longhaul;

/// <summary>How a loop runs.</summary>
public sealed record LoopOptions
{
    /// <summary>The most that <see cref="Window"/> may be: 4,096 items.</summary>
    public const int LargestWindow = 4_096;

    internal const int WindowPerBody = 64;

    /// <summary>Bodies that run at once; default 1, at least 1, at most <see cref="LargestWindow"/>.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>How many items may be ahead of the first unfinished one before the source waits; default 64 × <see cref="Parallelism"/>, at most 4,096. Not below <see cref="Parallelism"/>.</summary>
    public int? Window { get; init; }

    /// <summary>Items in all over all runs, for progress and for a share of failures; null: unknown.</summary>
    public long? Total { get; init; }

    /// <summary>What an error of an item does; default <see cref="ItemErrors.Fail"/>.</summary>
    public ItemErrors ItemErrors { get; init; } = ItemErrors.Fail;

    /// <summary>Writes what the run has to tell after so many finished items, beside the flush every 2 s; null: not.</summary>
    public int? FlushEvery { get; init; }

    /// <summary>A health signal that is looked at before items start; default none. See <see cref="ThrottledException"/> for the other side's own refusals.</summary>
    public Throttle? Throttle { get; init; }

    /// <summary>The bytes a second that the bodies may move, all together, as they report them by <see cref="ItemContext.ReportBytes"/>; null: any. A second's worth may be moved at once.</summary>
    public long? BytesPerSecond { get; init; }

    internal int ActualWindow => Window ?? Math.Max(Parallelism, (int)Math.Min((long)Parallelism * WindowPerBody, LargestWindow));

    internal void Check()
    {
        Require(Parallelism, 1, LargestWindow, nameof(Parallelism));
        Require(ActualWindow, Parallelism, LargestWindow, nameof(Window));
        if (Total is { } total)
            Require(total, 0, long.MaxValue, nameof(Total));
        if (BytesPerSecond is { } bytes)
            Require(bytes, 1, long.MaxValue, nameof(BytesPerSecond));
        if (FlushEvery is { } items)
            Require(items, 1, int.MaxValue, nameof(FlushEvery));
    }

    private static void Require(long value, long least, long most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"A loop's {name} must be from {least} to {most}, but was {value}.");
    }
}
