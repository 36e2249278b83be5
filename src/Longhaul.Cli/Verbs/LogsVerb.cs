using System.CommandLine;
using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class LogsVerb
{
    private const int ShownAtFirst = 100;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan WatchEvery = JobDefaults.WatchFor / 2;

    public static Verb Create()
    {
        var id = new Argument<JobId?>("ID")
        {
            Description = "The job; without it, all jobs.",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = static result =>
            {
                if (JobId.TryParse(result.Tokens[0].Value, null, out var job))
                    return job;
                result.AddError($"ID: expected {Opt.IdForm}, but was '{result.Tokens[0].Value}'");
                return null;
            },
        };
        var follow = Opt.Flag("--follow", "Goes on with what comes; of one job until it has ended.", "-f");
        var lines = Opt.Number("--lines", $"The last so many; default {ShownAtFirst}. 0: only what comes.", 0, JobLimits.LogLinesPerJob);
        var name = Opt.Pattern("--name", "Only jobs of this name; * stands for anything.");
        var queue = Opt.Pattern("--queue", "Only jobs of this queue; * stands for anything.");
        var level = Opt.Choice("--level", "At least this level.", LogText.Levels);
        return new Verb("logs", "Shows what jobs logged.")
        {
            Group = VerbGroup.Watch,
            Examples = ["logs 42", "logs 42 --follow", "logs --queue ingest --level warning", "logs --name 'photos.*' --lines 1000 --json"],
            Remarks = "In a pipe a line each, with tabs between: when, job, run, name, level, text.",
            Run = (cli, parse, ct) =>
            {
                var filter = new LogFilter
                {
                    Job = parse.GetValue(id),
                    Name = parse.GetValue(name),
                    Queue = parse.GetValue(queue),
                    MinLevel = parse.GetValue(level) ?? 0,
                };
                return RunAsync(cli, filter, parse.GetValue(lines) ?? ShownAtFirst, parse.GetValue(follow), ct);
            },
        }.With(id, follow, lines, name, queue, level);
    }

    private static async Task<int> RunAsync(CliContext cli, LogFilter filter, int lines, bool follow, CancellationToken cancellationToken)
    {
        var store = await cli.StoreAsync(cancellationToken).ConfigureAwait(false);
        if (filter.Job is { } job && await store.GetJobAsync(job, cancellationToken).ConfigureAwait(false) is null)
            throw CliException.NotFound(job);

        var tail = new LogTail(store, filter);
        var first = await tail.LastAsync(lines, cancellationToken).ConfigureAwait(false);
        if (!follow && cli.Json)
        {
            cli.Print.Object(new { logs = first.Select(LogText.View) });
            return ExitCode.Done;
        }

        Write(cli, first, filter.Job is not null);
        if (first.Count == 0 && !follow && cli.Print.Rich)
            cli.Print.Line("No lines.", "grey");
        return follow ? await FollowAsync(cli, store, tail, filter, cancellationToken).ConfigureAwait(false) : ExitCode.Done;
    }

    private static async Task<int> FollowAsync(CliContext cli, IJobStore store, LogTail tail, LogFilter filter, CancellationToken cancellationToken)
    {
        long? watchedAt = null;
        while (true)
        {
            if (filter.Job is { } watched && (watchedAt is null || cli.Time.GetElapsedTime(watchedAt.Value) > WatchEvery))
            {
                await store.WatchAsync(watched, cancellationToken).ConfigureAwait(false);
                watchedAt = cli.Time.GetTimestamp();
            }

            // The state is read before the lines: what a job logs comes before its end.
            var ended = filter.Job is { } job && await store.GetJobAsync(job, cancellationToken).ConfigureAwait(false) is var record
                && (record is null || JobText.HasEnded(record));
            Write(cli, await tail.NewAsync(cancellationToken).ConfigureAwait(false), filter.Job is not null);
            if (ended)
                return ExitCode.Done;
            await Task.Delay(LookEvery, cli.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Write(CliContext cli, IReadOnlyList<LogRecord> lines, bool oneJob)
    {
        foreach (var line in lines)
        {
            if (cli.Json)
                cli.Print.Object(LogText.View(line));
            else if (cli.Print.Rich)
                LogText.WriteRich(cli, line, oneJob);
            else
                cli.Print.Fields(LogText.Row(line));
        }

        cli.Console.Out.Flush();
    }
}
