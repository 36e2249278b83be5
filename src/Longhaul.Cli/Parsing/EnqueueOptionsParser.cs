using System.CommandLine;
using Longhaul.Storage;

namespace Longhaul.Cli.Parsing;

/// <summary>The options of <c>push</c>.</summary>
internal sealed class EnqueueOptionsParser
{
    private static readonly Dictionary<string, UniqueScope> Scopes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["finished"] = UniqueScope.UntilFinished,
        ["started"] = UniqueScope.UntilStarted,
    };

    private readonly Option<string?> _queue = Opt.Name("--queue", "The queue.");
    private readonly Option<TimeSpan?> _delay = Opt.Duration("--delay", "Due this long from now: 90, 5m, 1h30m, 00:05:00.");
    private readonly Option<DateTimeOffset?> _runAt = Opt.Moment("--run-at", "Due at this moment, such as 2027-01-31T08:00:00Z.");
    private readonly Option<int?> _priority = Opt.Number("--priority", $"0 first, 255 last; default {JobDefaults.Priority}.", 0, 255);
    private readonly Option<string?> _unique = Opt.Text("--unique", "KEY", "At most one job of this name with this key at a time.");
    private readonly Option<UniqueScope?> _scope = Opt.Choice("--unique-until", "How long the key is occupied; default finished.", Scopes);
    private readonly Option<TimeSpan?> _uniqueFor = Opt.Duration("--unique-for", "How long the key is occupied, whatever becomes of the job.", zero: false);
    private readonly Option<string?> _owner = Opt.Name("--owner", "Whose job it is: a tenant or user.");
    private readonly Option<string[]> _tags = Opt.Texts("--tag", "TAG", "For search; up to 16.");
    private readonly Option<string?> _description = Opt.Text("--description", "TEXT", "For people.");
    private readonly Option<int?> _maxAttempts = Opt.Number("--max-attempts", $"Attempts in all; default {JobDefaults.MaxAttempts}.", 1, 1_000);
    private readonly Option<TimeSpan?> _retryDelay = Opt.Duration("--retry-delay", "Before the second attempt, doubling with each further one.");
    private readonly Option<TimeSpan?> _maxRetryDelay = Opt.Duration("--max-retry-delay", "The longest delay between attempts.");
    private readonly Option<TimeSpan?> _timeout = Opt.Duration("--timeout", "Total run time after which a run is an error; default none.", zero: false);
    private readonly Option<TimeSpan?> _shutdown = Opt.Duration("--shutdown-timeout", "How long a stopping worker waits for this job.");
    private readonly Option<TimeSpan?> _stall = Opt.Duration("--stall-after", "Without progress for this long it is shown as stuck.", zero: false);
    private readonly Option<int?> _lost = Opt.Number("--max-lost-runs", $"Crashes in a row that are forgiven; default {JobDefaults.MaxLostRuns}.", 0, 1_000);
    private readonly Option<TimeSpan?> _retention = Opt.Duration("--retention", "How long it is kept when completed; 0: it goes at completion.");
    private readonly Option<JobId?> _continue = new("--continue-from")
    {
        HelpName = "ID",
        Description = "An ended job whose phases, cursors and state this one takes over.",
        CustomParser = static result =>
        {
            if (JobId.TryParse(result.Tokens[0].Value, null, out var id))
                return id;
            result.AddError($"--continue-from: expected {Opt.IdForm}, but was '{result.Tokens[0].Value}'");
            return null;
        },
    };

    public void AddTo(Verb verb) => verb.With(
        _queue, _delay, _runAt, _priority, _unique, _scope, _uniqueFor, _owner, _tags, _description, _maxAttempts, _retryDelay, _maxRetryDelay,
        _timeout, _shutdown, _stall, _lost, _retention, _continue);

    public EnqueueOptions Read(ParseResult parse)
    {
        if (parse.GetValue(_delay) is not null && parse.GetValue(_runAt) is not null)
            throw CliException.WrongUse("--delay and --run-at do not go together");
        if (parse.GetValue(_unique) is null && (parse.GetValue(_scope) is not null || parse.GetValue(_uniqueFor) is not null))
            throw CliException.WrongUse("--unique-until and --unique-for need --unique KEY");
        if (parse.GetValue(_scope) is not null && parse.GetValue(_uniqueFor) is not null)
            throw CliException.WrongUse("--unique-until and --unique-for do not go together");

        var window = parse.GetValue(_uniqueFor);
        return new EnqueueOptions
        {
            Queue = parse.GetValue(_queue),
            Delay = parse.GetValue(_delay),
            RunAt = parse.GetValue(_runAt),
            Priority = (byte?)parse.GetValue(_priority),
            UniqueKey = parse.GetValue(_unique),
            UniqueScope = window is not null ? UniqueScope.Window : parse.GetValue(_scope) ?? UniqueScope.UntilFinished,
            UniqueFor = window,
            Owner = parse.GetValue(_owner),
            Tags = parse.GetValue(_tags) is { Length: > 0 } tags ? tags : null,
            Description = parse.GetValue(_description),
            MaxAttempts = parse.GetValue(_maxAttempts),
            RetryDelay = parse.GetValue(_retryDelay),
            MaxRetryDelay = parse.GetValue(_maxRetryDelay),
            Timeout = parse.GetValue(_timeout),
            ShutdownTimeout = parse.GetValue(_shutdown),
            StallAfter = parse.GetValue(_stall),
            MaxLostRuns = parse.GetValue(_lost),
            Retention = parse.GetValue(_retention),
            ContinueFrom = parse.GetValue(_continue),
        };
    }
}
