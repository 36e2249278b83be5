using System.Globalization;
using System.Net;
using System.Text;

namespace Longhaul.Load.Bench.Report;

/// <summary>A bar for each system, side by side for each figure that more than one system has. Bars of one figure share a scale, figures do not.</summary>
internal static class BarChart
{
    private const int Width = 860;
    private const int LabelWidth = 190;
    private const int BarWidth = 460;
    private const int BarHeight = 16;
    private const int GroupGap = 14;
    private const int Top = 44;

    // Told apart by lightness too, so that they are different to every eye and in print; good on white and on dark.
    private static readonly string[] Colours = ["#2f6fdb", "#9aa4b2", "#d9822b", "#3d9970", "#a05195", "#c0504d"];

    public static string Of(Results results)
    {
        var groups = results.Cases.SelectMany(static c => c.Series).GroupBy(static s => s.Figure).Where(static g => g.Count() > 1).ToArray();
        var systems = groups.SelectMany(static g => g).Select(static s => s.System).Distinct().ToList();
        var bars = groups.Sum(static g => g.Count());
        var height = Top + bars * BarHeight + groups.Length * GroupGap;

        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img" aria-label="longhaul beside the limit on {results.Store}">""");
        Line(svg, $"<style>text{{font:12px system-ui,sans-serif;fill:#24292f}}.b{{font-weight:600}}@media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}}}</style>");

        var x = LabelWidth;
        foreach (var system in systems)
        {
            Line(svg, $"""<rect x="{x}" y="10" width="12" height="12" rx="2" fill="{Colour(systems, system)}"/><text x="{x + 18}" y="20">{Escape(system)}</text>""");
            x += 110;
        }

        var y = Top;
        foreach (var group in groups)
        {
            var most = group.Max(static s => s.Median);
            Line(svg, $"""<text class="b" x="{LabelWidth - 10}" y="{y + 12}" text-anchor="end">{Escape(group.Key)}</text>""");
            foreach (var series in group)
            {
                var width = most > 0 ? Math.Max(1, series.Median / most * BarWidth) : 1;
                Line(svg, $"""<rect x="{LabelWidth}" y="{y + 2}" width="{width:0.#}" height="{BarHeight - 3}" rx="2" fill="{Colour(systems, series.System)}"/>""");
                Line(svg, $"""<text x="{LabelWidth + width + 6:0.#}" y="{y + 13}">{Numbers.Text(series.Median)} {Escape(series.Unit)}</text>""");
                y += BarHeight;
            }

            y += GroupGap;
        }

        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Colour(List<string> systems, string system) => Colours[systems.IndexOf(system) % Colours.Length];

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
