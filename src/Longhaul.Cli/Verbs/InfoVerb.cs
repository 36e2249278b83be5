using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Cli.Status;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class InfoVerb
{
    public static Verb Create()
    {
        var pattern = Opt.Pattern("--queue", "Only queues of this name; * stands for anything.");
        return new Verb("info", "Tells how the queue is: health, workers, and what waits, runs, failed and is done.")
        {
            Group = VerbGroup.Watch,
            AlsoKnownAs = ["queue/info"],
            Examples = ["info", "info --queue 'ingest*'", "info --json"],
            Remarks = """
                processing  a job runs
                idle        nothing is due, and a worker lives
                stalled     jobs have been due for over 30 s, and none runs
                pending     jobs have just become due
                unknown     no worker has been seen
                """,
            Run = async (cli, parse, ct) =>
            {
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                var status = await QueueSummary.ReadAsync(store, cli.Time, ct).ConfigureAwait(false);
                var wanted = parse.GetValue(pattern);
                var shown = status.Queues.Where(queue => wanted is null || StorageText.Matches(queue.Name, wanted)).Select(QueueCounts.Of).ToArray();
                if (cli.Json)
                    cli.Print.Object(StatusSheet.Json(store.Info, status, shown, wanted is not null));
                else
                    StatusSheet.Write(cli, store.Info, status, shown);
                return ExitCode.Done;
            },
        }.With(pattern);
    }
}
