using Longhaul.Cli.Status;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>How the whole is, for <c>info</c>, and for <c>monitor</c> where there is no terminal.</summary>
internal static class StatusSheet
{
    public static void Write(CliContext cli, StoreInfo store, QueueSummary status, QueueCounts[] queues)
    {
        var badge = QueueSummary.Word(status.Badge);
        cli.Print.Sheet(
        [
            ("status", new(cli.Print.Rich ? $"{badge}: {status.Hint}" : badge, badge, StatusText.Colour(status.Badge))),
            .. cli.Print.Rich ? [] : new (string, Cell)[] { ("hint", status.Hint) },
            ("store", new(store.Address)),
            ("workers", new(WorkersLine(status), Amount.Plain(status.LiveWorkers.Count()))),
        ]);
        if (cli.Print.Rich)
            cli.Print.Table(StatusText.QueueColumns, [.. queues.Select(queue => StatusText.QueueRow(queue, cli.Time))], "No queues yet.");
        else
            foreach (var queue in queues)
                cli.Print.Fields(["queue", .. StatusText.QueueRow(queue, cli.Time), queue.Paused ? "paused" : null]);
        foreach (var name in status.Unhandled)
            cli.Print.Note($"No worker for {name.Name} on {name.Queue}: {Amount.Of(name.Due, "job")} due {When.Relative(name.OldestDue, cli.Time)}");
    }

    private static string WorkersLine(QueueSummary status)
    {
        var live = status.LiveWorkers.ToArray();
        return live.Length == 0 ? "none" : $"{live.Length}, running {Amount.Of(live.Sum(static worker => (long)worker.Running), "job")} in {Amount.Of(live.Sum(static worker => (long)worker.Worker.Concurrency), "slot")}";
    }

    public static Dictionary<string, object?> Json(StoreInfo store, QueueSummary status, QueueCounts[] shown, bool matching)
    {
        var all = status.Queues.Select(QueueCounts.Of).ToArray();
        return new Dictionary<string, object?>
        {
            ["horizon"] = new { installed = status.HasParent, status = status.HasParent ? "running" : "inactive" },
            ["jobs"] = new Dictionary<string, object?>
            {
                ["driver"] = store.Driver,
                ["pending"] = all.Sum(static queue => queue.Waiting + queue.Delayed),
                ["reserved"] = all.Sum(static queue => queue.Reserved),
                ["failed"] = all.Sum(static queue => queue.Failed),
                ["matching_pending"] = matching ? shown.Sum(static queue => queue.Waiting + queue.Delayed) : null,
            },
            ["worker"] = new Dictionary<string, object?>
            {
                ["status"] = status.Badge,
                ["likely_running"] = status.LiveWorkers.Any(),
                ["hint"] = status.Hint,
            },
            ["store"] = store.Address,
            ["queues"] = shown,
            ["workers"] = status.LiveWorkers.Select(WorkerView.Of),
            ["unhandled"] = status.Unhandled,
        };
    }
}
