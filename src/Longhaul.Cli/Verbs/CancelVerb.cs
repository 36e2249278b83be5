using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class CancelVerb
{
    private static readonly ActionWords Words = new("cancel", "cancelled", "will be cancelled: its worker has been told", JobState.Cancelled);

    public static Verb Create()
    {
        var ids = Opt.Ids();
        var reason = Opt.Text("--reason", "TEXT", "Why; kept with the job.");
        return new Verb("cancel", "Cancels jobs: at once where they wait, within 2 s where they run.")
        {
            Group = VerbGroup.Jobs,
            Examples = ["cancel 42", "cancel 42 43 44 --reason 'wrong folder'"],
            Run = (cli, parse, ct) => Actions.OnIdsAsync(cli, JobAction.Cancel, parse.GetRequiredValue(ids), Words, parse.GetValue(reason), ct),
        }.With(ids, reason);
    }
}
