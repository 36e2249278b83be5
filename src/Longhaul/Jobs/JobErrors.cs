namespace Longhaul;

/// <summary>Thrown by a handler: the attempt failed, try again after this delay instead of the usual one. Counts as an attempt.</summary>
public sealed class RetryAfterException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="delay">Not negative.</param>
    /// <param name="message">Why.</param>
    /// <param name="innerException">The cause.</param>
    public RetryAfterException(TimeSpan delay, string message, Exception? innerException = null) : base(message, innerException)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        Delay = delay;
    }

    /// <summary>How long to wait.</summary>
    public TimeSpan Delay { get; }
}

/// <summary>Thrown by a handler: the job is failed for good, whatever attempts are left.</summary>
/// <param name="message">Why.</param>
/// <param name="innerException">The cause.</param>
public sealed class FailNowException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A loop recorded more item failures than its budget allows.</summary>
/// <param name="message">How many, of how many.</param>
public sealed class ItemBudgetExceededException(string message) : Exception(message);

/// <summary>A write of a run was refused: another run of the job has taken over. The handler should end; nothing it does counts.</summary>
public sealed class LeaseLostException() : Exception("This run was taken over by another one; what it writes is refused. Let this exception pass.");
