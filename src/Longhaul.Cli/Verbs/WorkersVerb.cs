using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Cli.Status;
using Longhaul.Diagnostics;

namespace Longhaul.Cli.Verbs;

internal static class WorkersVerb
{
    public static Verb Create()
    {
        var all = Opt.Flag("--all", "Also those that ended within the last hour.");
        return new Verb("workers", "Lists the workers.")
        {
            Group = VerbGroup.Watch,
            Examples = ["workers", "workers --all", "workers --json"],
            Run = async (cli, parse, ct) =>
            {
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                var workers = (await store.ListWorkersAsync(ct).ConfigureAwait(false))
                    .Where(worker => parse.GetValue(all) || QueueSummary.IsLive(worker)).ToArray();
                if (cli.Json)
                    cli.Print.Object(new { workers = workers.Select(WorkerView.Of) });
                else
                    cli.Print.Table(StatusText.WorkerColumns, [.. workers.Select(worker => StatusText.WorkerRow(worker, cli.Time))], "No worker is running.");
                return ExitCode.Done;
            },
        }.With(all);
    }
}
