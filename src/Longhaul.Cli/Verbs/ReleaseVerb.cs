using Longhaul.Cli.Parsing;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class ReleaseVerb
{
    /// <summary>Under this name a release cancels and removes, as the queue it comes from does.</summary>
    private const string RemovingName = "queue/release";

    private static readonly ActionWords Released = new("release", "released: pending now");
    private static readonly ActionWords Removed = new(RemovingName, "cancelled and removed");

    public static Verb Create()
    {
        var ids = Opt.Ids();
        var reset = Opt.Flag("--reset-attempts", "Also sets the failed attempts to 0.");
        return new Verb("release", "Takes jobs from their run or wait and makes them pending now.")
        {
            Group = VerbGroup.Jobs,
            AlsoKnownAs = [RemovingName],
            Examples = ["release 42", "release 42 43 --reset-attempts"],
            Remarks = "A run is cut off: nothing that it writes counts any more. Under the name queue/release the job is cancelled and removed.",
            Run = (cli, parse, ct) =>
            {
                var removes = parse.CommandResult.IdentifierToken.Value == RemovingName;
                var action = removes ? JobAction.Delete : parse.GetValue(reset) ? JobAction.ReleaseAndResetAttempts : JobAction.Release;
                return Actions.OnIdsAsync(cli, action, parse.GetRequiredValue(ids), removes ? Removed : Released, reason: null, ct);
            },
        }.With(ids, reset);
    }
}
