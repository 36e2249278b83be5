using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class ForgetVerb
{
    private static readonly ActionWords Words = new("forget", "forgotten");

    public static Verb Create()
    {
        var ids = Opt.Ids();
        return new Verb("forget", "Deletes failed jobs.")
        {
            Group = VerbGroup.Failed,
            AlsoKnownAs = ["queue:forget"],
            Examples = ["forget 42", "forget 42 43"],
            Run = async (cli, parse, ct) =>
            {
                var wanted = parse.GetRequiredValue(ids);
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                foreach (var id in wanted)
                {
                    if (await store.GetJobAsync(id, ct).ConfigureAwait(false) is { State: not JobState.Failed } job)
                        throw new CliException(ExitCode.Failed, $"{id} has not failed: it is {JobText.Word(job.State)}. Nothing was forgotten", "to remove any job: longhaul queue/release ID");
                }

                return await Actions.OnIdsAsync(cli, JobAction.Delete, wanted, Words, reason: null, ct).ConfigureAwait(false);
            },
        }.With(ids);
    }
}
