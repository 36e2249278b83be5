namespace Longhaul;

/// <summary>Thrown by the body of a loop's item: the other side asks to be left alone for a while (HTTP 429). The loop waits and tries the item again; it counts as no failure.</summary>
public sealed class ThrottledException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="retryAfter">How long to wait, as the other side said; null: the loop chooses, longer each time in a row. Not negative.</param>
    /// <param name="message">Why, for people.</param>
    /// <param name="innerException">The cause.</param>
    public ThrottledException(TimeSpan? retryAfter, string message, Exception? innerException = null) : base(message, innerException)
    {
        if (retryAfter is { } delay)
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero, nameof(retryAfter));
        RetryAfter = retryAfter;
    }

    /// <summary>How long to wait; null: not said.</summary>
    public TimeSpan? RetryAfter { get; }
}
