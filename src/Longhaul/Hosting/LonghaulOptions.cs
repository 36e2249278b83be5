using Longhaul.Storage;

namespace Longhaul;

/// <summary>
/// What holds for a whole Longhaul. Set it in code by <see cref="LonghaulBuilder.Configure"/>, or from outside under <c>Longhaul:</c>
/// (<c>Longhaul:Stores:NAME:</c> for a named one); what comes from outside wins. Durations there are seconds or <c>hh:mm:ss</c>.
/// </summary>
public sealed class LonghaulOptions
{
    /// <summary>The queue of jobs that name none; default <c>QUEUE_DEFAULT</c>, else <c>default</c>.</summary>
    public string DefaultQueue { get; set; } = JobDefaults.Queue;

    /// <summary>Whether an older schema is brought up to date when the store is opened; default true.</summary>
    public bool AutoMigrate { get; set; } = true;

    /// <summary>Where the store is, when the code names none: <c>sqlite:FILE</c>, <c>memory:</c>, <c>sync:</c>. <c>LONGHAUL_STORE</c> wins.</summary>
    public string? Store { get; set; }

    /// <summary>Attempts in all, for jobs that say nothing themselves; default 3.</summary>
    public int? MaxAttempts { get; set; }

    /// <summary>Delay before the second attempt, for jobs that say nothing themselves; default 60 s.</summary>
    public TimeSpan? RetryDelay { get; set; }

    /// <summary>The longest delay between attempts, for jobs that say nothing themselves; default 1 h.</summary>
    public TimeSpan? MaxRetryDelay { get; set; }

    /// <summary>Share of each delay that is random, 0 to 1, for jobs that say nothing themselves; default 0.</summary>
    public double? RetryJitter { get; set; }

    /// <summary>How long completed jobs are kept that say nothing themselves; default 3 days.</summary>
    public TimeSpan? Retention { get; set; }

    /// <summary>What becomes of errors by their type, where a handler's own rules say nothing.</summary>
    public RetryRules Retry { get; } = new();

    /// <summary>
    /// Members of payloads whose name holds one of these are shown as <c>***</c>, beside those marked <see cref="SecretAttribute"/>. Case, <c>_</c> and
    /// <c>-</c> do not count.
    /// </summary>
    public IList<string> SecretNames { get; } =
        ["password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "credential", "authorization", "connectionstring"];

    internal JobPolicy? DefaultPolicy
        => new JobPolicy { MaxAttempts = MaxAttempts, RetryDelay = RetryDelay, MaxRetryDelay = MaxRetryDelay, RetryJitter = RetryJitter, Retention = Retention }
            is var policy && policy == new JobPolicy() ? null : policy;

    internal void Validate(List<string> problems)
    {
        if (!JobLimits.IsName(DefaultQueue))
            problems.Add($"DefaultQueue must be {Jobs.JobTypeReader.NameRule}, but was {Jobs.Quoted.Text(DefaultQueue)}. Correct it (or QUEUE_DEFAULT).");
        if (DefaultPolicy is { } policy && Jobs.PolicyCheck.Problem(policy) is { } problem)
            problems.Add(problem);
        if (SecretNames.Any(static n => n is null || !n.Any(char.IsLetterOrDigit)))
            problems.Add("SecretNames must hold letters or digits, but one has none: it would hide everything. Remove it.");
    }
}
