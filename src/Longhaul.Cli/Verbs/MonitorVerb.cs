using Longhaul.Cli.Output;
using Longhaul.Cli.Status;
using Longhaul.Diagnostics;
using Longhaul.Storage;
using Spectre.Console;

namespace Longhaul.Cli.Verbs;

internal static class MonitorVerb
{
    private const int MostShown = 200;
    private const int MostWatched = 10;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WatchEvery = JobDefaults.WatchFor / 2;

    private const string EnterScreen = "\e[?1049h\e[2J\e[H";
    private const string LeaveScreen = "\e[?1049l";

    public static Verb Create() => new("monitor", "Shows live what runs, how far it is, what waits, and the workers. q quits.")
    {
        Group = VerbGroup.Watch,
        Examples = ["monitor", "monitor --store sqlite:app.db"],
        Remarks = "Where there is no terminal it prints how things are now, once.",
        Run = static async (cli, _, ct) =>
        {
            var store = await cli.StoreAsync(ct).ConfigureAwait(false);
            if (cli.Print.Rich && cli.Console.Ansi)
                await ShowAsync(cli, store, ct).ConfigureAwait(false);
            else
                PrintOnce(cli, store.Info, await ReadAsync(store, cli.Time, ct).ConfigureAwait(false));
            return ExitCode.Done;
        },
    };

    private static async Task<Snapshot> ReadAsync(IJobStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var status = await QueueSummary.ReadAsync(store, time, cancellationToken).ConfigureAwait(false);
        var running = await store.ListJobsAsync(
            new JobFilter { States = [JobState.Running], OldestFirst = true }, new PageRequest(MostShown), cancellationToken).ConfigureAwait(false);
        return new Snapshot(store.Info, status, running.Items);
    }

    private static async Task ShowAsync(CliContext cli, IJobStore store, CancellationToken cancellationToken)
    {
        await cli.Console.Out.WriteAsync(EnterScreen).ConfigureAwait(false);
        try
        {
            var first = await ReadAsync(store, cli.Time, cancellationToken).ConfigureAwait(false);
            await cli.Print.Screen.Live(MonitorScreen.Of(first, cli)).Overflow(VerticalOverflow.Crop)
                .StartAsync(live => LoopAsync(cli, store, live, first, cancellationToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is as good as q here.
        }
        finally
        {
            await cli.Console.Out.WriteAsync(LeaveScreen).ConfigureAwait(false);
            await cli.Console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task LoopAsync(CliContext cli, IJobStore store, LiveDisplayContext live, Snapshot snapshot, CancellationToken cancellationToken)
    {
        long? watchedAt = null;
        var readAt = cli.Time.GetTimestamp();
        while (!QuitPressed(cli.Console))
        {
            live.UpdateTarget(MonitorScreen.Of(snapshot, cli));
            await cli.Console.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (watchedAt is null || cli.Time.GetElapsedTime(watchedAt.Value) > WatchEvery)
            {
                foreach (var job in snapshot.Running.Take(MostWatched))
                    await store.WatchAsync(job.Id, cancellationToken).ConfigureAwait(false);
                watchedAt = cli.Time.GetTimestamp();
            }

            while (cli.Time.GetElapsedTime(readAt) < LookEvery)
            {
                if (QuitPressed(cli.Console))
                    return;
                await Task.Delay(KeyEvery, cli.Time, cancellationToken).ConfigureAwait(false);
            }

            readAt = cli.Time.GetTimestamp();
            snapshot = await ReadAsync(store, cli.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool QuitPressed(CliConsole console)
    {
        while (console.ReadKey() is { } key)
        {
            if (key.KeyChar is 'q' or 'Q' || key.Key == ConsoleKey.Escape)
                return true;
        }

        return false;
    }

    private static void PrintOnce(CliContext cli, StoreInfo store, Snapshot snapshot)
    {
        var queues = snapshot.Status.Queues.Select(QueueCounts.Of).ToArray();
        if (cli.Json)
        {
            var json = StatusSheet.Json(store, snapshot.Status, queues, matching: false);
            json["running"] = snapshot.Running.Select(JobView.Of);
            cli.Print.Object(json);
            return;
        }

        StatusSheet.Write(cli, store, snapshot.Status, queues);
        if (cli.Print.Rich)
            cli.Print.Table(JobText.Columns, [.. snapshot.Running.Select(job => JobText.Row(job, cli))], "Nothing runs.");
        else
            foreach (var job in snapshot.Running)
                cli.Print.Fields(["job", .. JobText.Row(job, cli)]);
    }
}

/// <summary>What the monitor shows at one moment.</summary>
internal sealed record Snapshot(StoreInfo Store, QueueSummary Status, IReadOnlyList<JobRecord> Running);
