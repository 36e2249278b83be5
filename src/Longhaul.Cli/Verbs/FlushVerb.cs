using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Verbs;

internal static class FlushVerb
{
    public static Verb Create()
    {
        var queues = Opt.Queues("Only the failed jobs of these queues.");
        var yes = Opt.Flag("--yes", "Does not ask.", "-y");
        return new Verb("flush", "Deletes all failed jobs. Says how many, and asks.")
        {
            Group = VerbGroup.Failed,
            AlsoKnownAs = ["queue:flush"],
            Examples = ["flush", "flush --queue ingest", "flush --yes"],
            Remarks = "Without a terminal nothing is deleted unless --yes is given.",
            Run = async (cli, parse, ct) =>
            {
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                var wanted = parse.GetValue(queues) is { Length: > 0 } names ? names : null;
                var failed = (await store.ListQueuesAsync(ct).ConfigureAwait(false))
                    .Where(queue => wanted?.Contains(queue.Name) ?? true).Sum(static queue => queue.Failed);
                await cli.ConfirmAsync($"Delete {Amount.Of(failed, "failed job")} of {QueueText.Of(wanted)}?", parse.GetValue(yes), ct).ConfigureAwait(false);
                return await Deleted.EachAsync(cli, store, wanted, store.FlushFailedAsync, ("delete failed", "failed job"), ct).ConfigureAwait(false);
            },
        }.With(queues, yes);
    }
}
