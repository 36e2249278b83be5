using Spectre.Console;
using Spectre.Console.Rendering;

namespace PhotoIngest.Demo;

/// <summary>Three bars and a line under them, drawn in place.</summary>
internal sealed class LiveView(IAnsiConsole console) : IProgressView
{
    private const int BarWidth = 40;

    public TimeSpan Interval => TimeSpan.FromMilliseconds(500);

    public Task ShowAsync(Func<Action<Standing>, Task> watch) =>
        console.Live(new Text("")).AutoClear(true).StartAsync(live => watch(standing => live.UpdateTarget(Draw(standing))));

    private static Grid Draw(Standing standing)
    {
        var counts = standing.Counts;
        var grid = new Grid().AddColumn().AddColumn().AddColumn(new GridColumn().RightAligned());
        grid.AddRow(Row("found", counts.Files, standing.Total));
        grid.AddRow(Row("previews", counts.Previewed, counts.Distinct - counts.Failed));
        grid.AddRow(Row("ingested", counts.Ingested, counts.Distinct - counts.Failed));
        grid.AddRow(new Text(""), Failures(counts.Failures), new Text(standing.Pace, new Style(Color.Grey)));
        return grid;
    }

    private static IRenderable[] Row(string name, int done, int total)
    {
        var share = total > 0 ? Math.Clamp((double)done / total, 0, 1) : 0;
        var full = (int)(share * BarWidth);
        return
        [
            new Text(name),
            new Markup($"[green]{new string('━', full)}[/][grey]{new string('─', BarWidth - full)}[/]"),
            new Text($"{Summary.Number(done)} / {Summary.Number(total)}"),
        ];
    }

    private static Markup Failures(int count) => count == 0 ? new Markup("[grey]no failures[/]") : new Markup($"[yellow]{Summary.Number(count)} could not be read[/]");
}
