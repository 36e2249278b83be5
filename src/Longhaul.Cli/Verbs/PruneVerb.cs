using Longhaul.Cli.Output;

namespace Longhaul.Cli.Verbs;

internal static class PruneVerb
{
    private const int AtOnce = 1_000;

    public static Verb Create() => new("prune", "Deletes finished jobs whose time to be kept is over. Workers do this by themselves.")
    {
        Group = VerbGroup.Store,
        Examples = ["prune"],
        Run = static async (cli, _, ct) =>
        {
            var store = await cli.StoreAsync(ct).ConfigureAwait(false);
            long deleted = 0;
            int went;
            do
            {
                if (ct.IsCancellationRequested)
                    throw CliException.Interrupted(deleted, "job");
                went = await store.PruneAsync(AtOnce, CancellationToken.None).ConfigureAwait(false);
                deleted += went;
            }
            while (went >= AtOnce);

            if (cli.Json)
                cli.Print.Object(new { deleted });
            else
                cli.Print.Line($"{Amount.Of(deleted, "finished job")} deleted");
            return ExitCode.Done;
        },
    };
}
