using System.CommandLine;
using System.Globalization;
using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class RetryVerb
{
    private const string All = "all";

    private static readonly ActionWords Retried = new("retry", "pending again", AlreadyFine: JobState.Pending);
    private static readonly ActionWords ItemsRetried = new("retry --items", "pending again, for its failed items alone");
    private static readonly ActionWords Restarted = new("retry --from-start", "pending again, from its beginning");

    public static Verb Create()
    {
        var which = new Argument<string[]>("ID")
        {
            Description = "The ids of failed or cancelled jobs, or all for every failed one.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        which.Validators.Add(static result =>
        {
            var wrong = result.Tokens.FirstOrDefault(static token => token.Value != All && !JobId.TryParse(token.Value, CultureInfo.InvariantCulture, out _));
            if (wrong is not null)
                result.AddError($"ID: expected all or {Opt.IdForm}, but was '{wrong.Value}'");
        });
        var queue = Opt.Pattern("--queue", "Every failed job of this queue; * stands for anything.");
        var name = Opt.Pattern("--name", "Every failed job of this name; * stands for anything.");
        var items = Opt.Flag("--items", "Only the failed items of a job that has ended.");
        var fromStart = Opt.Flag("--from-start", "Drops checkpoint and progress and begins anew, whatever the job's state.");
        return new Verb("retry", "Makes failed or cancelled jobs pending again; they go on from their checkpoint.")
        {
            Group = VerbGroup.Failed,
            AlsoKnownAs = ["queue:retry"],
            Examples = ["retry 42", "retry all", "retry --queue ingest", "retry 42 --items", "retry 42 --from-start"],
            Run = (cli, parse, ct) =>
            {
                var words = parse.GetValue(which) ?? [];
                var filter = new JobFilter { States = [JobState.Failed], Queue = parse.GetValue(queue), Name = parse.GetValue(name) };
                var filtered = filter.Queue is not null || filter.Name is not null;
                var action = parse.GetValue(items) ? JobAction.RetryItems : parse.GetValue(fromStart) ? JobAction.Restart : JobAction.Retry;
                if (parse.GetValue(items) && parse.GetValue(fromStart))
                    throw CliException.WrongUse("--items and --from-start do not go together");
                if (words is [All] || (words.Length == 0 && filtered))
                    return AllAsync(cli, action, filter, ct);
                if (words.Length == 0)
                    throw CliException.WrongUse("which jobs?", "give ids, all, or --queue NAME");
                if (words.Contains(All) || filtered)
                    throw CliException.WrongUse("ids do not go together with all, --queue or --name");
                return Actions.OnIdsAsync(cli, action, [.. words.Select(static word => JobId.Parse(word))], WordsOf(action), reason: null, ct);
            },
        }.With(which, queue, name, items, fromStart);
    }

    private static async Task<int> AllAsync(CliContext cli, JobAction action, JobFilter filter, CancellationToken cancellationToken)
    {
        var which = string.Concat("all failed", filter.Queue is { } queue ? $" of queue {queue}" : "", filter.Name is { } name ? $" named {name}" : "");
        var done = await Actions.OnAllAsync(cli, action, filter, (WordsOf(action).Verb, which), reason: null, cancellationToken).ConfigureAwait(false);
        if (cli.Json)
            cli.Print.Object(new { action = "retry", done });
        else
            cli.Print.Line(done == 0 ? "No failed jobs to retry." : $"{Amount.Of(done, "job")} pending again");
        return ExitCode.Done;
    }

    private static ActionWords WordsOf(JobAction action) => action switch
    {
        JobAction.RetryItems => ItemsRetried,
        JobAction.Restart => Restarted,
        _ => Retried,
    };
}
