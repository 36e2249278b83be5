using Longhaul.Cli.Output;

namespace Longhaul.Cli.Verbs;

internal static class RestartVerb
{
    public static Verb Create() => new("restart", "Lets every worker finish or hand back its runs and end, so that its supervisor starts it anew with the new code.")
    {
        Group = VerbGroup.Work,
        AlsoKnownAs = ["queue:restart"],
        Examples = ["restart"],
        Remarks = "For use after a deploy. To run a job again from its beginning: longhaul retry ID --from-start.",
        Run = static async (cli, _, ct) =>
        {
            var store = await cli.StoreAsync(ct).ConfigureAwait(false);
            var told = await store.RestartWorkersAsync(ct).ConfigureAwait(false);
            await cli.AuditAsync(store, "restart workers", Amount.Of(told, "worker"), null, "ordered").ConfigureAwait(false);
            if (cli.Json)
                cli.Print.Object(new { workers = told });
            else
                cli.Print.Line(told == 0 ? "No worker is running." : $"{Amount.Of(told, "worker")} told to restart");
            return ExitCode.Done;
        },
    };
}
