using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class ShowVerb
{
    public static Verb Create()
    {
        var id = Opt.Id();
        var checkpoints = Opt.Flag("--checkpoints", "Also the kept checkpoints.");
        var history = Opt.Flag("--history", "Also its runs, and what people did.");
        var items = Opt.Flag("--items", "Also the items that failed.");
        var traces = Opt.Flag("--traces", "Also the steps that its runs tried.");
        var limit = Opt.Number("--limit", "At most this many items and traces; default 100.", 1, 100_000);
        return new Verb("show", "Tells the life of a job: state, progress, attempts, error, when it is due and why it waits.")
        {
            Group = VerbGroup.Jobs,
            Examples = ["show 42", "show 42 --history --items", "show 42 --checkpoints --traces", "show 42 --json"],
            Run = async (cli, parse, ct) =>
            {
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                var job = await store.GetJobAsync(parse.GetRequiredValue(id), ct).ConfigureAwait(false)
                    ?? throw CliException.NotFound(parse.GetRequiredValue(id));
                var most = parse.GetValue(limit) ?? 100;
                var lists = new JobLists(
                    parse.GetValue(history) ? await store.ListHistoryAsync(job.Id, ct).ConfigureAwait(false) : null,
                    parse.GetValue(checkpoints) ? await store.ListCheckpointsAsync(job.Id, ct).ConfigureAwait(false) : null,
                    parse.GetValue(items) ? await AllAsync((page, token) => store.ListItemFailuresAsync(job.Id, page, token), most, ct).ConfigureAwait(false) : null,
                    parse.GetValue(traces) ? await AllAsync((page, token) => store.ListTracesAsync(new TraceFilter { Job = job.Id }, page, token), most, ct).ConfigureAwait(false) : null);
                if (cli.Json)
                    cli.Print.Object(lists.ToJson(job));
                else
                    Write(cli, job, lists);
                return ExitCode.Done;
            },
        }.With(id, checkpoints, history, items, traces, limit);
    }

    private static void Write(CliContext cli, JobRecord job, JobLists lists)
    {
        if (cli.Print.Rich)
            cli.Print.Line($"Job {job.Id}  {job.Name}", "bold");
        cli.Print.Sheet(JobSheet.Of(job, cli));
        lists.Write(cli);
    }

    private static async Task<IReadOnlyList<T>> AllAsync<T>(
        Func<PageRequest, CancellationToken, Task<Page<T>>> read, int limit, CancellationToken cancellationToken)
    {
        var all = new List<T>();
        await foreach (var page in Pages.WalkAsync(read, limit, null, cancellationToken).ConfigureAwait(false))
            all.AddRange(page.Items);
        return all;
    }
}
