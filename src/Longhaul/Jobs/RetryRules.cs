namespace Longhaul;

/// <summary>What becomes of errors by their type. The first rule whose type fits wins; errors without a rule are retried as the job says.</summary>
public sealed class RetryRules
{
    private readonly List<RetryRule> _rules = [];

    internal IReadOnlyList<RetryRule> Rules => _rules;

    /// <summary>The rules of the first, then those of the second.</summary>
    internal static RetryRules Chain(RetryRules first, RetryRules second)
    {
        var both = new RetryRules();
        both._rules.AddRange(first._rules);
        both._rules.AddRange(second._rules);
        return both;
    }

    /// <summary>The first rule that fits the error; null: none does.</summary>
    internal RetryRule? For(Exception error)
    {
        foreach (var rule in _rules)
        {
            if (rule.Type.IsInstanceOfType(error))
                return rule;
        }

        return null;
    }

    /// <summary>Errors of this type (or derived ones) fail the job at once.</summary>
    public RetryRules FailOn<TException>() where TException : Exception
    {
        _rules.Add(new RetryRule(typeof(TException), Fail: true, null, null));
        return this;
    }

    /// <summary>Errors of this type are retried with a delay or number of attempts of their own.</summary>
    /// <param name="delay">Before the second attempt, doubling; null: as the job says.</param>
    /// <param name="maxAttempts">In all; null: as the job says.</param>
    public RetryRules RetryOn<TException>(TimeSpan? delay = null, int? maxAttempts = null) where TException : Exception
    {
        if (delay is { } d)
            ArgumentOutOfRangeException.ThrowIfLessThan(d, TimeSpan.Zero, nameof(delay));
        if (maxAttempts is { } n)
            ArgumentOutOfRangeException.ThrowIfLessThan(n, 1, nameof(maxAttempts));
        _rules.Add(new RetryRule(typeof(TException), Fail: false, delay, maxAttempts));
        return this;
    }
}

internal sealed record RetryRule(Type Type, bool Fail, TimeSpan? Delay, int? MaxAttempts);
