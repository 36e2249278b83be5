using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>Counts what was found, and keeps the first samples. Tells people about it.</summary>
internal sealed class Findings(CommandOutput output)
{
    private const int SamplesOfColumn = 3;
    private const int LinesOfTable = 20;
    private const int SampleWidth = 160;

    private readonly SortedDictionary<(string Table, string Column), ColumnFindings> _columns = [];
    private readonly Dictionary<string, int> _left = new(StringComparer.Ordinal);

    /// <summary>Counts an address or more in a text.</summary>
    public void Add(SiteTable table, SiteColumn column, string key, string text, Rewrite rewrite)
    {
        if (!_columns.TryGetValue((table.Name, column.Name), out var found))
            _columns.Add((table.Name, column.Name), found = new());
        found.Texts++;
        foreach (var edit in rewrite.Edits)
            found.Forms[edit.Form.Name] = found.Forms.GetValueOrDefault(edit.Form.Name) + 1;
        if (found.Samples.Count < SamplesOfColumn)
            found.Samples.Add(Sample(key, text, rewrite.Edits[0]));
    }

    /// <summary>Tells of a row that is left although it holds an address: the first ones of each table by a line each.</summary>
    public void Leave(SiteTable table, string key, string column, string reason)
    {
        var count = _left[table.Name] = _left.GetValueOrDefault(table.Name) + 1;
        if (count <= LinesOfTable)
            output.Line($"LEFT {table.Name} {key} {column}: {reason}");
        else if (count == LinesOfTable + 1)
            output.Line($"LEFT {table.Name}: more rows, which are counted only");
    }

    /// <summary>A line for each column, and its samples.</summary>
    /// <param name="verb">Such as <c>would change</c>.</param>
    /// <param name="after">Whether samples show what is to become of them.</param>
    public void Tell(string verb, bool after)
    {
        foreach (var ((table, column), found) in _columns)
        {
            var forms = string.Join(", ", found.Forms.OrderByDescending(static form => form.Value).ThenBy(static form => form.Key, StringComparer.Ordinal).Select(static form => $"{form.Value} × {form.Key}"));
            output.Line($"{table}.{SqlName.Show(column)}: {verb} {found.Texts} texts with {found.Forms.Values.Sum()} addresses ({forms})");
            foreach (var (key, before, then) in found.Samples)
                output.Line(after ? $"  {key} {before} -> {then}" : $"  {key} {before}");
        }
    }

    private static (string Key, string Before, string After) Sample(string key, string text, TextEdit edit)
    {
        var from = Math.Max(0, edit.Start - 20);
        var to = Math.Min(text.Length, Math.Min(edit.End + 60, from + SampleWidth));
        to = Math.Max(to, edit.End);
        return (key, Printable(text[from..to]), Printable($"{text[from..edit.Start]}{edit.Replacement}{text[edit.End..to]}"));
    }

    private static string Printable(string text) => string.Concat(text.Select(static letter => char.IsControl(letter) || char.IsSurrogate(letter) ? ' ' : letter));

    private sealed class ColumnFindings
    {
        public long Texts { get; set; }

        public Dictionary<string, long> Forms { get; } = new(StringComparer.Ordinal);

        public List<(string Key, string Before, string After)> Samples { get; } = [];
    }
}
