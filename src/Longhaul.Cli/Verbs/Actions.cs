using System.Text.Json;
using Longhaul.Cli.Output;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

/// <summary>Does one thing to jobs that were named, or to all that match, and says what became of it.</summary>
internal static class Actions
{
    private const int AtOnce = 200;

    /// <summary>Acts on the jobs named, and tells of each.</summary>
    /// <param name="cli">The command.</param>
    /// <param name="action">What.</param>
    /// <param name="ids">Which.</param>
    /// <param name="words">How it is told.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Ends between jobs.</param>
    public static async Task<int> OnIdsAsync(
        CliContext cli, JobAction action, IReadOnlyList<JobId> ids, ActionWords words, string? reason, CancellationToken cancellationToken)
    {
        var store = await cli.StoreAsync(cancellationToken).ConfigureAwait(false);
        var answers = new List<ActionAnswer>();
        try
        {
            foreach (var chunk in ids.Distinct().Chunk(AtOnce))
                answers.AddRange(await CountedAsync(store, action, chunk, cli.Acting(reason), Effective(answers), cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            if (answers.Count > 0)
                await cli.AuditAsync(store, words.Verb, string.Join(' ', answers.Select(static answer => answer.Job)), reason, Outcome(answers)).ConfigureAwait(false);
        }

        return Tell(cli, words, answers);
    }

    /// <summary>Acts on all jobs that match, oldest first, and tells how many.</summary>
    public static async Task<long> OnAllAsync(
        CliContext cli, JobAction action, JobFilter filter, (string Verb, string Of) words, string? reason, CancellationToken cancellationToken)
    {
        var store = await cli.StoreAsync(cancellationToken).ConfigureAwait(false);
        long done = 0, taken = 0;
        var pages = Pages.WalkAsync((request, ct) => store.ListJobsAsync(filter with { OldestFirst = true }, request, ct), int.MaxValue, null, cancellationToken);
        try
        {
            await foreach (var page in pages.ConfigureAwait(false))
            {
                foreach (var chunk in page.Items.Select(static job => job.Id).Chunk(AtOnce))
                {
                    var answers = await CountedAsync(store, action, chunk, cli.Acting(reason), done, cancellationToken).ConfigureAwait(false);
                    done += Effective(answers);
                    taken += answers.LongCount(static answer => answer.Status == ActionStatus.KeyTaken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw CliException.Interrupted(done, "job");
        }
        finally
        {
            await cli.AuditAsync(store, words.Verb, words.Of, reason, $"done {done}, skipped {taken}").ConfigureAwait(false);
        }

        if (taken > 0)
            cli.Print.Note($"longhaul: {Amount.Of(taken, "job")} left alone: another job has the unique key");
        return done;
    }

    /// <summary>Acts on a few jobs; when that is cancelled, says how many were done before.</summary>
    private static async Task<IReadOnlyList<ActionAnswer>> CountedAsync(
        IJobStore store, JobAction action, IReadOnlyList<JobId> ids, ActionContext context, long before, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            throw CliException.Interrupted(before, "job");
        // What was begun is finished, so that the count is true.
        return await store.ActAsync(action, ids, context, CancellationToken.None).ConfigureAwait(false);
    }

    private static long Effective(IReadOnlyList<ActionAnswer> answers)
        => answers.LongCount(static answer => answer.Status is ActionStatus.Done or ActionStatus.Ordered);

    private static string Outcome(List<ActionAnswer> answers)
    {
        int Of(ActionStatus status) => answers.Count(answer => answer.Status == status);
        var (done, ordered) = (Of(ActionStatus.Done), Of(ActionStatus.Ordered));
        return answers is [var only]
            ? JsonNamingPolicy.SnakeCaseLower.ConvertName(only.Status.ToString())
            : $"done {done}, ordered {ordered}, skipped {answers.Count - done - ordered}";
    }

    private static int Tell(CliContext cli, ActionWords words, List<ActionAnswer> answers)
    {
        var missing = answers.Find(static answer => answer.Status == ActionStatus.NotFound);
        var wrong = answers.Find(answer => answer.Status is ActionStatus.WrongState or ActionStatus.KeyTaken && !words.IsFine(answer));
        var error = wrong.Job.Value > 0 ? new CliException(ExitCode.Failed, words.Say(wrong))
            : missing.Job.Value > 0 ? CliException.NotFound(missing.Job)
            : null;
        if (cli.Json)
        {
            cli.Print.Object(new
            {
                action = words.Verb,
                done = Effective(answers),
                jobs = answers.Select(static answer => new { id = answer.Job, status = answer.Status, state = answer.State, keyHolder = answer.KeyHolder }),
                error = error is null ? null : ErrorView.Of(error, error.Message),
            });
            return error?.ExitCode ?? ExitCode.Done;
        }

        foreach (var answer in answers)
        {
            if (answer.Status is ActionStatus.Done or ActionStatus.Ordered || words.IsFine(answer))
                cli.Print.Line(words.Say(answer));
            else
                cli.Print.Note("longhaul: " + words.Say(answer));
        }

        return error?.ExitCode ?? ExitCode.Done;
    }
}

/// <summary>How an action is told.</summary>
/// <param name="Verb">As typed.</param>
/// <param name="Done">What was done.</param>
/// <param name="Ordered">What will be done, by the job's worker.</param>
/// <param name="AlreadyFine">A state in which nothing needs to be done.</param>
internal sealed record ActionWords(string Verb, string Done, string? Ordered = null, JobState? AlreadyFine = null)
{
    /// <summary>Whether nothing was done because nothing needed to be.</summary>
    public bool IsFine(ActionAnswer answer) => answer.Status == ActionStatus.WrongState && AlreadyFine is { } fine && answer.State == fine;

    public string Say(ActionAnswer answer) => answer.Status switch
    {
        ActionStatus.Done => $"{answer.Job} {Done}",
        ActionStatus.Ordered => $"{answer.Job} {Ordered ?? Done}",
        ActionStatus.KeyTaken => $"cannot {Verb} {answer.Job}: {(answer.KeyHolder is { } holder ? $"job {holder}" : "another job")} has its unique key",
        ActionStatus.NotFound => $"there is no job {answer.Job}",
        _ when IsFine(answer) => $"{answer.Job} was already {JobText.Word(answer.State!.Value)}",
        _ => $"cannot {Verb} {answer.Job}: it is {(answer.State is { } state ? JobText.Word(state) : "gone")}",
    };
}
