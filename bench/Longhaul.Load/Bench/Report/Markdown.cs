using System.Globalization;
using System.Text;

namespace Longhaul.Load.Bench.Report;

/// <summary>A page of tables for people.</summary>
internal static class Markdown
{
    /// <summary>Where others had more cores than this, a figure is marked.</summary>
    private const double BusyFrom = 0.25;

    public static string Page(Results results)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Benchmarks: {results.Store}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Made by `bench/run {results.Store}`. Payload {Payloads.Size} bytes. A figure is the median of its runs (least – most); the systems take turns, run by run.\n");
        foreach (var machine in results.Cases.Select(static c => c.Machine).Distinct())
            text.Append(CultureInfo.InvariantCulture, $"Machine: {machine.Cores} cores, {machine.MemoryGiB} GiB, {machine.System}, {machine.Runtime}; producers, workers and the store share it.\n");
        text.Append(CultureInfo.InvariantCulture, $"\n![longhaul beside the limit]({results.Store}.svg)\n\n");

        AppendAcceptance(text, results);
        AppendFigures(text, results);
        text.Append("\n## Kinds\n\n`full` and `normal` are SQLite's `synchronous`. A figure that ends in `-cpu` is the CPU time of the process a job, client, worker and store together.\n\n");
        foreach (var (kind, meaning) in Glossary.Of(results))
            text.Append(CultureInfo.InvariantCulture, $"- `{kind}`: {meaning}.\n");
        return text.ToString();
    }

    private static void AppendAcceptance(StringBuilder text, Results results)
    {
        text.Append("## Acceptance\n\n| gate | wanted | measured | | |\n| --- | ---: | ---: | --- | --- |\n");
        foreach (var verdict in Acceptance.Judge(results))
        {
            var word = verdict.Reached switch { true => "reached", false => "**not reached**", null => "not measured" };
            text.Append(CultureInfo.InvariantCulture, $"| {verdict.Gate} | {verdict.Wanted} | {verdict.Found ?? "–"} | {word} | {verdict.Note} |\n");
        }
    }

    private static void AppendFigures(StringBuilder text, Results results)
    {
        var systems = results.Cases.SelectMany(static c => c.Series).Select(static s => s.System).Distinct().ToArray();
        text.Append("\n## Figures\n\n| kind | unit |");
        foreach (var system in systems)
            text.Append(CultureInfo.InvariantCulture, $" {system} |");
        text.Append(" longhaul / limit | runs | commit | date |\n| --- | --- |");
        foreach (var _ in systems)
            text.Append(" ---: |");
        text.Append(" ---: | ---: | --- | --- |\n");

        var busy = false;
        foreach (var measured in results.Cases)
        {
            foreach (var figure in measured.Series.GroupBy(static s => s.Figure))
            {
                var first = figure.First();
                text.Append(CultureInfo.InvariantCulture, $"| {figure.Key} | {first.Unit} |");
                foreach (var system in systems)
                    text.Append(CultureInfo.InvariantCulture, $" {Cell(figure.FirstOrDefault(s => s.System == system))} |");

                var ratios = results.Ratios(figure.Key);
                var mark = measured.Others > BusyFrom ? " *" : "";
                busy |= mark.Length > 0;
                text.Append(CultureInfo.InvariantCulture, $" {(ratios.Count > 0 ? Numbers.Share(Statistics.Median(ratios)) : "")} | {first.Values.Count} | {measured.Commit} | {measured.Date:yyyy-MM-dd}{mark} |\n");
            }
        }

        if (busy)
            text.Append("\n\\* The machine had other work meanwhile: not a measurement to quote.\n");
    }

    private static string Cell(Series? series) => series switch
    {
        null => "",
        { Values.Count: 1 } => Numbers.Text(series.Median),
        _ => $"{Numbers.Text(series.Median)} ({Numbers.Text(series.Min)} – {Numbers.Text(series.Max)})",
    };
}
