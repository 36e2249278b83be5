namespace Longhaul;

/// <summary>What a health signal says to a loop.</summary>
public sealed class ThrottleSignal
{
    private ThrottleSignal(TimeSpan wait, double? factor, string? reason) => (WaitFor, Factor, Reason) = (wait, factor, reason);

    /// <summary>All is well: full speed, or a tenth of it more at each look after it was slowed.</summary>
    public static ThrottleSignal Go { get; } = new(TimeSpan.Zero, null, null);

    internal TimeSpan WaitFor { get; }

    internal double? Factor { get; }

    internal string? Reason { get; }

    /// <summary>Start no item for a while, then look again.</summary>
    /// <param name="waitFor">Over zero.</param>
    /// <param name="reason">For people: the job's note says it meanwhile.</param>
    public static ThrottleSignal Wait(TimeSpan waitFor, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(waitFor, TimeSpan.Zero);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new ThrottleSignal(waitFor, null, reason);
    }

    /// <summary>Start items at a share of the present pace; said again, at that share of the slower one.</summary>
    /// <param name="factor">Between 0 and 1, such as 0.5.</param>
    /// <param name="reason">For people: the job's note says it meanwhile.</param>
    public static ThrottleSignal Slow(double factor, string reason)
    {
        if (factor is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, $"A loop is slowed by a factor between 0 and 1, but it was {factor}.");
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new ThrottleSignal(TimeSpan.Zero, factor, reason);
    }
}
