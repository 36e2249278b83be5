using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Verbs;

internal static class RecoverVerb
{
    public static Verb Create()
    {
        var older = Opt.Duration("--older-than", "Also workers that have not been heard of for this long, whatever their lease.", zero: false);
        return new Verb("recover", "Takes over the runs of workers that are gone. Workers do this by themselves; this is for when none runs.")
        {
            Group = VerbGroup.Work,
            Examples = ["recover", "recover --older-than 5m"],
            Run = async (cli, parse, ct) =>
            {
                var store = await cli.StoreAsync(ct).ConfigureAwait(false);
                var report = await store.RecoverAsync(observer: null, [], parse.GetValue(older), ct).ConfigureAwait(false);
                await cli.AuditAsync(store, "recover", parse.GetValue(older) is { } age ? $"not heard of for {When.Span(age)}" : null, null,
                    $"recovered {report.Recovered.Count}, failed {report.Failed.Count}, dead {report.Dead.Count}").ConfigureAwait(false);
                if (cli.Json)
                    cli.Print.Object(new { workers = report.Dead.Select(static dead => dead.ToString()), recovered = report.Recovered, failed = report.Failed });
                else
                    cli.Print.Line(report.Dead.Count + report.Recovered.Count + report.Failed.Count == 0
                        ? "Nothing to recover."
                        : $"{Amount.Of(report.Recovered.Count, "job")} recovered from {Amount.Of(report.Dead.Count, "dead worker")}, {report.Failed.Count} failed");
                return ExitCode.Done;
            },
        }.With(older);
    }
}
