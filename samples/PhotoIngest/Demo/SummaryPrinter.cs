using System.Globalization;
using PhotoIngest.Library;
using Spectre.Console;

namespace PhotoIngest.Demo;

/// <summary>The end of a run: a table, and what to look at next.</summary>
internal sealed class SummaryPrinter(IAnsiConsole console, TextWriter output)
{
    private const int MostListed = 50;

    /// <param name="summary">What came of it.</param>
    /// <param name="paths">Where it lies.</param>
    /// <param name="storeUrl">Where the jobs can still be looked at; null: they ended with this process.</param>
    public void Print(Summary summary, LibraryPaths paths, string? storeUrl)
    {
        var counts = summary.Counts;
        var table = new Table().Border(TableBorder.Rounded).AddColumn("").AddColumn(new TableColumn("").RightAligned()).HideHeaders();
        Row("photos", counts.Photos);
        Row("previews", counts.Previewed);
        Row("thumbnails", counts.Previewed);
        Row("ingested", counts.Ingested);
        Row("failures", counts.Failures);
        if (summary.Duplicates.Count > 0)
            Row("files with the same content as another", summary.Duplicates.Count);
        table.AddRow("seconds", summary.Seconds.ToString("N1", CultureInfo.InvariantCulture));
        console.Write(table);

        List("Could not be taken in:", [.. summary.Failures.Select(failure => (failure.File, failure.Reason))]);
        List("There twice, kept once:", [.. summary.Duplicates.Select(duplicate => (duplicate.File, "the same as " + duplicate.Of))]);
        output.WriteLine();
        output.WriteLine("Look at");
        Place(paths.Previews, "previews, at most 2,048 pixels");
        Place(paths.Thumbnails, "thumbnails, 400 × 400");
        Place(paths.Library, "the originals by content hash");
        Place(paths.Database, "table images: camera, lens, time, place");
        if (storeUrl is null)
            return;
        output.WriteLine("and at how it went");
        foreach (var verb in (string[])["info", "jobs", "show ID --traces"])
            output.WriteLine($"  ./longhaul --store {storeUrl} {verb}");

        void Row(string name, int number) => table.AddRow(name, Summary.Number(number));
    }

    private void List(string title, IReadOnlyList<(string File, string Text)> lines)
    {
        if (lines.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine(title);
        foreach (var (file, text) in lines.Take(MostListed))
            output.WriteLine($"  {file}: {text}");
        if (lines.Count > MostListed)
            output.WriteLine($"  and {Summary.Number(lines.Count - MostListed)} more");
    }

    private void Place(string path, string what) => output.WriteLine($"  {LibraryPaths.FromHere(path),-32} {what}");
}
