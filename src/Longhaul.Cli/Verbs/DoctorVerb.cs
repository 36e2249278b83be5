using Longhaul.Cli.Output;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Cli.Verbs;

internal static class DoctorVerb
{
    public static Verb Create() => new("doctor", "Tells what is wrong and how to mend it.")
    {
        Group = VerbGroup.Watch,
        Examples = ["doctor", "doctor --json"],
        Remarks = "Exit code 0: nothing was found. 1: something was.",
        Run = static async (cli, _, ct) =>
        {
            var store = await cli.StoreAsync(ct).ConfigureAwait(false);
            var findings = new List<Finding>();
            findings.AddRange((await store.CheckAsync(ct).ConfigureAwait(false)).Select(static problem => new Finding(problem, null)));
            var status = await QueueSummary.ReadAsync(store, cli.Time, ct).ConfigureAwait(false);
            var stuck = await store.ListJobsAsync(new JobFilter { Derived = DerivedState.Stuck }, new PageRequest(20), ct).ConfigureAwait(false);
            findings.AddRange(Findings(status, stuck.Items, cli.Time));
            Write(cli, store.Info, findings);
            return findings.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        },
    };

    private static IEnumerable<Finding> Findings(QueueSummary status, IReadOnlyList<JobRecord> stuck, TimeProvider time)
    {
        if (status.Badge == Badge.Stalled)
            yield return new(status.Hint, null);
        foreach (var name in status.Unhandled)
        {
            yield return new(
                $"no running worker handles {name.Name} on {name.Queue}: {Amount.Of(name.Due, "job")} due {When.Relative(name.OldestDue, time)}",
                "start a worker of the program that has its handler, for this queue");
        }

        foreach (var queue in status.Queues.Where(static queue => queue.Paused && queue.Due > 0))
            yield return new($"queue {queue.Name} is paused while {Amount.Of(queue.Due, "job")} are due", $"longhaul resume --queue {queue.Name}");
        foreach (var job in stuck)
            yield return new($"job {job.Id} ({job.Name}) makes no progress since {When.Plain(job.ProgressAt ?? job.UpdatedAt)}", $"longhaul logs {job.Id} --follow, or longhaul release {job.Id}");
        foreach (var worker in status.LiveWorkers.Where(worker => worker.LeaseEndsAt < time.GetUtcNow()))
            yield return new($"worker {worker.Worker.Name} has not been heard of since {When.Plain(worker.LastBeatAt)}", "longhaul recover");
    }

    private static void Write(CliContext cli, StoreInfo store, List<Finding> findings)
    {
        if (cli.Json)
        {
            cli.Print.Object(new { store = store.Address, healthy = findings.Count == 0, findings });
            return;
        }

        foreach (var finding in findings)
        {
            if (cli.Print.Rich)
            {
                cli.Print.Line("- " + finding.Problem, "yellow");
                if (finding.Remedy is { } remedy)
                    cli.Print.Line("  " + remedy);
            }
            else
            {
                cli.Print.Fields(finding.Problem, finding.Remedy);
            }
        }

        if (findings.Count == 0 && cli.Print.Rich)
            cli.Print.Line($"{store.Address}: nothing wrong was found.", "green");
    }

    private sealed record Finding(string Problem, string? Remedy);
}
