using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Verbs;

internal static class JobsVerb
{
    private static readonly ListForm Form = new(JobText.Columns, JobText.Row, "No jobs.");

    public static Verb Create()
    {
        var filter = new JobFilterOptions();
        var limit = Opt.Number("--limit", "At most this many; default 50.", 1, 1_000_000);
        var after = Opt.Text("--after", "CURSOR", "Goes on where the last list ended.");
        var verb = new Verb("jobs", "Lists jobs, newest first.")
        {
            Group = VerbGroup.Jobs,
            Examples = ["jobs", "jobs --state running", "jobs --queue 'ingest*' --since 2h", "jobs --state failed --limit 1000 --json"],
            Remarks = "In a pipe a line each, with tabs between: id, name, queue, state, progress, attempt, made, due, ended, worker, note.",
            Run = (cli, parse, ct) => JobList.WriteAsync(cli, filter.Read(parse, cli.Time), parse.GetValue(limit) ?? 50, parse.GetValue(after), Form, ct),
        };
        filter.AddTo(verb, withState: true);
        verb.Add(limit);
        verb.Add(after);
        return verb;
    }
}
