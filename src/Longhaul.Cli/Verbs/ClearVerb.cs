using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Verbs;

internal static class ClearVerb
{
    public static Verb Create()
    {
        var queue = Opt.QueueArgument("The queue; without it, the queue default.");
        var queues = Opt.Queues("The same.");
        var all = Opt.Flag("--all", "Every queue.");
        var yes = Opt.Flag("--yes", "Does not ask.", "-y");
        return new Verb("clear", "Deletes the pending jobs of a queue; what runs is not touched. Says how many, and asks.")
        {
            Group = VerbGroup.Store,
            AlsoKnownAs = ["queue:clear"],
            Examples = ["clear", "clear ingest", "clear --all", "clear emails --yes"],
            Remarks = "Pending jobs are those that are due, scheduled or to be retried. Without a terminal nothing is deleted unless --yes is given.",
            Run = async (cli, parse, ct) =>
            {
                var named = (parse.GetValue(queue) ?? []).Concat(parse.GetValue(queues) ?? []).Distinct().ToArray();
                if (parse.GetValue(all) && named.Length > 0)
                    throw CliException.WrongUse("--all and the name of a queue do not go together");
                var wanted = parse.GetValue(all) ? null : named.Length > 0 ? named : [QueueText.Default(cli)];
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                var pending = (await store.ListQueuesAsync(ct).ConfigureAwait(false))
                    .Where(info => wanted?.Contains(info.Name) ?? true).Sum(static info => info.Due + info.Scheduled);
                await cli.ConfirmAsync($"Delete {Amount.Of(pending, "pending job")} of {QueueText.Of(wanted)}?", parse.GetValue(yes), ct).ConfigureAwait(false);
                return await Deleted.EachAsync(cli, store, wanted, store.ClearAsync, ("clear queue", "pending job"), ct).ConfigureAwait(false);
            },
        }.With(queue, queues, all, yes);
    }
}
