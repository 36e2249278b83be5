using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Longhaul.Cli.Output;

/// <summary>Writes results: tables and colours on a terminal, lines with tabs in a pipe, JSON where asked.</summary>
internal sealed class Printer(CliConsole console, bool json)
{
    private const int NarrowestTable = 40;

    private readonly Lazy<IAnsiConsole> _terminal = new(() => Terminal(console));

    /// <summary>Whether <c>--json</c> was given.</summary>
    public bool Json => json;

    /// <summary>Whether people look at the output.</summary>
    public bool Rich => console.OutIsTerminal && !json;

    /// <summary>The terminal, for what people see.</summary>
    public IAnsiConsole Screen => _terminal.Value;

    /// <summary>One line of text, made safe.</summary>
    public void Line(string text, string? colour = null)
    {
        if (Rich && colour is not null)
            Screen.Write(new Text(Shown.Line(text) + "\n", Style.Parse(colour)));
        else
            console.Out.WriteLine(Shown.Line(text));
    }

    /// <summary>A line with one field behind the other, with tabs between them.</summary>
    public void Fields(params ReadOnlySpan<Cell> cells)
    {
        var first = true;
        foreach (var cell in cells)
        {
            if (!first)
                console.Out.Write('\t');
            first = false;
            console.Out.Write((cell.Plain ?? cell.Text) is { Length: > 0 } text ? Shown.Line(text) : "-");
        }

        console.Out.WriteLine();
    }

    /// <summary>A list. In a pipe rows without a header; on a terminal a table, or <paramref name="empty"/> when there are none.</summary>
    public void Table(IReadOnlyList<Column> columns, IReadOnlyList<Cell[]> rows, string empty)
    {
        if (!Rich)
        {
            foreach (var row in rows)
                Fields(row);
        }
        else if (rows.Count == 0)
        {
            Line(empty, "grey");
        }
        else
        {
            var table = TableOf(columns, rows, console.Unicode);
            if (table.Measure(RenderOptions.Create(Screen, Screen.Profile.Capabilities), Screen.Profile.Width).Min <= Screen.Profile.Width)
                Screen.Write(table);
            else
                OneBelowTheOther(columns, rows);
        }
    }

    /// <summary>On a terminal too narrow for a table: every field has its line, none is lost.</summary>
    private void OneBelowTheOther(IReadOnlyList<Column> columns, IReadOnlyList<Cell[]> rows)
    {
        foreach (var row in rows)
        {
            Sheet([.. columns.Zip(row).Where(static pair => !string.IsNullOrEmpty(pair.Second.Text)).Select(static pair => (pair.First.Title, pair.Second))]);
            Screen.WriteLine();
        }
    }

    /// <summary>Names with values. Values of several lines stay together on a terminal.</summary>
    public void Sheet(IReadOnlyList<(string Name, Cell Value)> rows)
    {
        if (!Rich)
        {
            foreach (var (name, value) in rows)
                Fields(name, value);
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(2).PadRight(2)).AddColumn(new GridColumn().PadLeft(0));
        foreach (var (name, value) in rows)
            grid.AddRow(new Text(name, Style.Parse("grey")), new Text(string.Join('\n', Shown.Lines(value.Text)), StyleOf(value)));
        Screen.Write(grid);
    }

    /// <summary>An object as JSON in one line.</summary>
    public void Object<T>(T value) => console.Out.WriteLine(JsonSerializer.Serialize(value, CliJson.Options));

    /// <summary>A line for people beside the results: never among the data.</summary>
    public void Note(string text) => console.Error.WriteLine(Shown.Line(text));

    public static IRenderable TableOf(IReadOnlyList<Column> columns, IReadOnlyList<Cell[]> rows, bool unicode)
    {
        var table = new Table().Border(unicode ? TableBorder.Simple : TableBorder.Ascii).BorderColor(Color.Grey);
        foreach (var column in columns)
        {
            var shown = new TableColumn(new Text(column.Title, Style.Parse("bold")));
            shown.Alignment = column.Right ? Justify.Right : Justify.Left;
            shown.NoWrap = !column.Wrap;
            table.AddColumn(shown);
        }

        foreach (var row in rows)
            table.AddRow(row.Select(static cell => new Text(Shown.Line(cell.Text), StyleOf(cell)) { Overflow = Overflow.Fold }));
        return table;
    }

    private static Style StyleOf(Cell cell) => cell.Colour is { } colour ? Style.Parse(colour) : Style.Plain;

    private static IAnsiConsole Terminal(CliConsole console)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = console.Ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = console.Colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new TerminalOutput(console),
        });
        terminal.Profile.Capabilities.Unicode = console.Unicode;
        return terminal;
    }

    private sealed class TerminalOutput(CliConsole console) : IAnsiConsoleOutput
    {
        public TextWriter Writer => console.Out;

        public bool IsTerminal => console.OutIsTerminal;

        // Tables that are squeezed to a few columns make nothing readable; below this the terminal wraps.
        public int Width => Math.Max(NarrowestTable, console.Size().Width);

        public int Height => Math.Max(5, console.Size().Height);

        public void SetEncoding(System.Text.Encoding encoding) { }
    }
}
