using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>The rules that the numbers of a <see cref="JobPolicy"/> obey, whoever gives them.</summary>
internal static class PolicyCheck
{
    /// <summary>100 years: no time beyond it can overflow a store's clock by mistake.</summary>
    public const int LongestDays = 36_500;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(LongestDays);

    /// <summary>What does not hold; null: nothing.</summary>
    public static string? Problem(JobPolicy policy)
        => AtLeast(nameof(policy.MaxAttempts), policy.MaxAttempts, 1)
            ?? AtLeast(nameof(policy.MaxLostRuns), policy.MaxLostRuns, 0)
            ?? NotNegative(nameof(policy.RetryDelay), policy.RetryDelay)
            ?? NotNegative(nameof(policy.MaxRetryDelay), policy.MaxRetryDelay)
            ?? NotNegative(nameof(policy.ShutdownTimeout), policy.ShutdownTimeout)
            ?? NotNegative(nameof(policy.Retention), policy.Retention)
            ?? OverZero(nameof(policy.Timeout), policy.Timeout, "Leave it out for no limit.")
            ?? OverZero(nameof(policy.StallAfter), policy.StallAfter, "Leave it out for the default.")
            ?? (policy.RetryJitter is { } jitter && jitter is not (>= 0 and <= 1)
                ? FormattableString.Invariant($"{nameof(policy.RetryJitter)} must be from 0 to 1, but was {jitter}. 0.1 makes each delay up to 10 % shorter.")
                : null);

    /// <summary>What is wrong with a time that may be zero; null: nothing.</summary>
    public static string? NotNegative(string name, TimeSpan? value)
        => value switch
        {
            { } v when v < TimeSpan.Zero => $"{name} must not be negative, but was {v:c}.",
            { } v when v > Longest => TooLong(name, v),
            _ => null,
        };

    /// <summary>What is wrong with a time that must not be zero; null: nothing.</summary>
    public static string? OverZero(string name, TimeSpan? value, string advice)
        => value switch
        {
            { } v when v <= TimeSpan.Zero => $"{name} must be over zero, but was {v:c}. {advice}",
            { } v when v > Longest => TooLong(name, v),
            _ => null,
        };

    private static string TooLong(string name, TimeSpan value) => $"{name} must be at most {LongestDays:N0} days, but was {value.TotalDays:N0} days.";

    private static string? AtLeast(string name, int? value, int least)
        => value is { } v && v < least ? FormattableString.Invariant($"{name} must be at least {least}, but was {v}.") : null;
}
