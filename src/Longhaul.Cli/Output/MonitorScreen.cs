using Longhaul.Cli.Status;
using Longhaul.Cli.Verbs;
using Longhaul.Diagnostics;
using Longhaul.Storage;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Longhaul.Cli.Output;

/// <summary>Draws the monitor, as much of it as the terminal has rows for: running jobs first, then queues, then workers.</summary>
internal static class MonitorScreen
{
    private const int HeadAndFoot = 4;
    private const int TableFrame = 4;
    private const int WideEnoughForBars = 100;
    private const int NarrowForNames = 60;

    private static readonly IReadOnlyList<Column> JobColumns =
    [
        new("ID", Right: true), "Job", "Progress", new("Done", Right: true, From: 80), new("Rate", Right: true, From: 80), new("Left", Right: true, From: 60),
        new("Worker", From: 100), new("Note", From: 120),
    ];

    public static IRenderable Of(Snapshot snapshot, CliContext cli)
    {
        var (width, height) = cli.Console.Size();
        var room = Math.Max(height - HeadAndFoot, 8);
        var queues = Math.Min(snapshot.Status.Queues.Count, Math.Max(2, room / 4));
        var live = snapshot.Status.LiveWorkers.ToArray();
        var workers = Math.Min(live.Length, Math.Max(1, room / 6));
        var jobs = Math.Max(1, room - queues - workers - (3 * TableFrame));

        return new Rows(
            Head(snapshot, cli.Time, width),
            Part(JobColumns, snapshot.Running, jobs, job => JobRow(job, cli, width), "Nothing runs.", width, cli.Console.Unicode),
            Part(StatusText.QueueColumns, snapshot.Status.Queues, queues, queue => StatusText.QueueRow(QueueCounts.Of(queue), cli.Time), "No queues yet.", width, cli.Console.Unicode),
            Part(StatusText.WorkerColumns, live, workers, worker => StatusText.WorkerRow(worker, cli.Time), "No worker is running.", width, cli.Console.Unicode),
            new Text("q quits", Style.Parse("grey")));
    }

    private static Columns Head(Snapshot snapshot, TimeProvider time, int width)
    {
        var status = snapshot.Status;
        var head = $" {QueueSummary.Word(status.Badge).ToUpperInvariant()} ";
        return new Columns(
            new Text(head, Style.Parse($"{StatusText.Colour(status.Badge)} bold invert")),
            new Text(Shown.Cut(status.Hint, Math.Max(10, width - 50))),
            new Text($"{(width < NarrowForNames ? "" : $"{Shown.Cut(snapshot.Store.Address, 40)}  ")}{When.Local(time.GetUtcNow(), time)[11..]}", Style.Parse("grey")))
        { Expand = false };
    }

    private static IRenderable Part<T>(IReadOnlyList<Column> columns, IReadOnlyList<T> rows, int most, Func<T, Cell[]> row, string empty, int width, bool unicode)
    {
        if (rows.Count == 0)
            return new Padder(new Text(empty, Style.Parse("grey")), new Padding(2, 1));
        var shown = rows.Take(most).Select(row).ToList();
        if (rows.Count > most)
            shown.Add([.. Enumerable.Range(0, columns.Count).Select(i => i == 1 ? new Cell($"and {rows.Count - most} more", Colour: "grey") : default)]);
        return Printer.TableOf([.. columns.Where(HasRoom)], [.. shown.Select(cells => cells.Where((_, i) => HasRoom(columns[i])).ToArray())], unicode);

        bool HasRoom(Column column) => width >= column.From;
    }

    private static Cell[] JobRow(JobRecord job, CliContext cli, int width)
    {
        var progress = job.Progress;
        var bar = width >= WideEnoughForBars ? 20 : width >= NarrowForNames ? 8 : 4;
        return
        [
            job.Id, new(Shown.Cut(job.Name, width < NarrowForNames ? 12 : 30), Colour: job.Derived == DerivedState.Stuck ? "red" : null),
            progress?.Fraction is { } fraction ? new($"{ProgressBar.Text(fraction, bar, cli.Console.Unicode)} {Amount.Percent(fraction),6}", Colour: "green") : new Cell(""),
            progress?.Done is { } done ? progress.Total is { } total ? $"{Amount.Number(done)}/{Amount.Number(total)}" : Amount.Number(done) : "",
            progress?.Rate is { } rate ? $"{Amount.Number(rate)}/s" : "", progress?.TimeLeft is { } left ? When.Span(left) : "",
            Shown.Cut(job.Worker, 20), Shown.Cut(job.Derived == DerivedState.Stuck ? "stuck: no progress" : JobText.Note(job, cli.Time), 40),
        ];
    }
}
