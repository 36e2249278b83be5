using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

/// <summary><c>pause</c> and <c>resume</c>: of jobs, or of whole queues.</summary>
internal static class PauseVerbs
{
    private static readonly ActionWords Paused = new("pause", "paused", "will be paused: its worker has been told", JobState.Paused);
    private static readonly ActionWords Resumed = new("resume", "resumed");

    public static Verb Pause() => Create(pause: true, "pause", "Sets jobs aside, also running ones, or stops the claiming from queues.", Paused);

    public static Verb Resume() => Create(pause: false, "resume", "Goes on with paused jobs or queues.", Resumed);

    private static Verb Create(bool pause, string name, string description, ActionWords words)
    {
        var ids = Opt.Ids(required: false);
        var queues = Opt.Queues("Queues instead of jobs.");
        var reason = Opt.Text("--reason", "TEXT", "Why; kept with the job, or in the audit.");
        return new Verb(name, description)
        {
            Group = VerbGroup.Jobs,
            Examples = [$"{name} 42", $"{name} 42 43", $"{name} --queue emails,reports"],
            Run = (cli, parse, ct) =>
            {
                var jobs = parse.GetValue(ids) ?? [];
                var lanes = parse.GetValue(queues) ?? [];
                if (jobs.Length == 0 == (lanes.Length == 0))
                    throw CliException.WrongUse(jobs.Length == 0 ? $"{name} what?" : "ids and --queue do not go together", "give ids, or --queue NAME");
                return lanes.Length > 0
                    ? QueuesAsync(cli, lanes, pause, parse.GetValue(reason), ct)
                    : Actions.OnIdsAsync(cli, pause ? JobAction.Pause : JobAction.Resume, jobs, words, parse.GetValue(reason), ct);
            },
        }.With(ids, queues, reason);
    }

    private static async Task<int> QueuesAsync(CliContext cli, string[] queues, bool pause, string? reason, CancellationToken cancellationToken)
    {
        var store = await cli.StoreAsync(cancellationToken).ConfigureAwait(false);
        foreach (var queue in queues)
        {
            await store.SetQueuePausedAsync(queue, pause, cli.Acting(reason), cancellationToken).ConfigureAwait(false);
            await cli.AuditAsync(store, pause ? "pause queue" : "resume queue", queue, reason, "done").ConfigureAwait(false);
        }

        if (cli.Json)
            cli.Print.Object(new { action = pause ? "pause" : "resume", queues });
        else
            foreach (var queue in queues)
                cli.Print.Line(pause ? $"queue {queue} paused: what runs goes on, nothing more is claimed" : $"queue {queue} resumed");
        return ExitCode.Done;
    }
}
