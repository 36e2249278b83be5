using Spectre.Console;
using Spectre.Console.Rendering;
using StorageMigration.Commands;

namespace StorageMigration.Migration;

/// <summary>Shows migrations until they have ended: live on a terminal, by lines elsewhere.</summary>
internal static class StandingView
{
    private const int BarWidth = 30;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(2);

    /// <returns>The last standings.</returns>
    public static async Task<IReadOnlyList<MigrationStanding>> ShowAsync(
        Func<CancellationToken, Task<IReadOnlyList<MigrationStanding>>> read, CommandOutput output, TimeProvider time, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationStanding> last = [];
        var console = AnsiConsole.Console;
        if (console.Profile.Out.IsTerminal)
        {
            await console.Live(new Text("")).StartAsync(async live => last = await WatchAsync(read, time, all => live.UpdateTarget(Draw(all)), cancellationToken));
            return last;
        }

        var told = new HashSet<string>(StringComparer.Ordinal);
        long? toldAt = null;
        return await WatchAsync(
            read, time,
            all =>
            {
                // Lines stay, so that there are fewer of them; but nobody waits for the last ones.
                if (toldAt is { } at && time.GetElapsedTime(at) < LineInterval && !HaveEnded(all))
                    return;
                toldAt = time.GetTimestamp();
                var lines = all.Select(static standing => standing.ToLine()).ToList();
                foreach (var line in lines.Where(line => !told.Contains(line)))
                    output.Line(line);
                told = [.. lines];
            },
            cancellationToken);
    }

    private static async Task<IReadOnlyList<MigrationStanding>> WatchAsync(
        Func<CancellationToken, Task<IReadOnlyList<MigrationStanding>>> read, TimeProvider time, Action<IReadOnlyList<MigrationStanding>> show,
        CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (true)
        {
            var all = await read(cancellationToken);
            show(all);
            if (HaveEnded(all))
                return all;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static bool HaveEnded(IReadOnlyList<MigrationStanding> all) => all.All(static standing => standing.HasEnded);

    private static Table Draw(IReadOnlyList<MigrationStanding> all)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("Migration", "State", "Phase", "", "Done", "Pace");
        foreach (var standing in all)
            table.AddRow(Row(standing));
        return table;
    }

    private static IRenderable[] Row(MigrationStanding standing)
    {
        var full = (int)(Math.Clamp(standing.Fraction, 0, 1) * BarWidth);
        return
        [
            new Text($"{standing.MigrationId}\n{standing.Command}"),
            new Text(standing.Status, new Style(standing.Status switch { "completed" => Color.Green, "failed" => Color.Red, "running" => Color.Blue, _ => Color.Grey })),
            new Text(standing.Phase ?? ""),
            new Markup($"[green]{new string('━', full)}[/][grey]{new string('─', BarWidth - full)}[/]"),
            new Text(standing.Counts),
            new Text(standing.Note is null ? standing.Pace : $"{standing.Pace}\n{standing.Note}"),
        ];
    }
}
