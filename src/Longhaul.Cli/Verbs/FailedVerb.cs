using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class FailedVerb
{
    private static readonly ListForm Form = new([new("ID", Right: true), "Name", "Queue", new("Error", Wrap: true), "Failed"], Row, "No failed jobs.");

    public static Verb Create()
    {
        var filter = new JobFilterOptions();
        var limit = Opt.Number("--limit", "At most this many; default 50.", 1, 1_000_000);
        var after = Opt.Text("--after", "CURSOR", "Goes on where the last list ended.");
        var verb = new Verb("failed", "Lists the jobs that failed for good, newest first.")
        {
            Group = VerbGroup.Failed,
            AlsoKnownAs = ["queue:failed"],
            Examples = ["failed", "failed --queue ingest", "failed --search Timeout --json"],
            Remarks = "In a pipe a line each, with tabs between: id, name, queue, error, when it failed.",
            Run = (cli, parse, ct) =>
                JobList.WriteAsync(cli, filter.Read(parse, cli.Time, JobState.Failed), parse.GetValue(limit) ?? 50, parse.GetValue(after), Form, ct),
        };
        filter.AddTo(verb, withState: false);
        verb.Add(limit);
        verb.Add(after);
        return verb;
    }

    private static Cell[] Row(JobRecord job, CliContext cli)
    {
        var error = job.Error is { } e ? $"{e.Type}: {e.Message}" : null;
        return
        [
            job.Id, job.Name, job.Queue, new(Shown.Cut(error, 200), error, "red"),
            job.FinishedAt is { } at ? new(When.Relative(at, cli.Time), When.Plain(at)) : default,
        ];
    }
}
