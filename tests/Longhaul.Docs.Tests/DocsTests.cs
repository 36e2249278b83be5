using System.Text.RegularExpressions;

namespace Longhaul.Docs.Tests;

/// <summary>The C# that the docs show is code that compiles: each block quotes a region of this project.</summary>
[Trait("Part", "docs")]
public sealed partial class DocsTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Pages
        => [.. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"))
            .Select(static p => Path.GetRelativePath(Root, p))
            .Where(static p => !p.Contains("decisions", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_block_of_code_quotes_a_compiled_region(string page)
    {
        var text = File.ReadAllText(Path.Combine(Root, page));
        var regions = Regions();

        foreach (Match block in CodeBlock().Matches(text))
        {
            var name = block.Groups["name"].Value;
            name.ShouldNotBeEmpty($"{page} has a C# block without a <!-- snippet: NAME --> before it:\n{block.Groups["code"].Value}");
            regions.ShouldContainKey(name, $"{page} quotes a region that is not in tests/Longhaul.Docs.Tests");
            block.Groups["code"].Value.Trim().ShouldBe(regions[name], $"{page}, snippet {name}: copy the region's text into the page");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_to_a_file_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        foreach (Match link in Link().Matches(File.ReadAllText(Path.Combine(Root, page))))
        {
            var target = link.Groups["target"].Value;
            (File.Exists(Path.Combine(folder, target)) || Directory.Exists(Path.Combine(folder, target))).ShouldBeTrue($"{page} links to {target}, which is not there");
        }
    }

    [Fact]
    public void Decisions_are_numbered_without_a_gap()
    {
        var pages = Directory.GetFiles(Path.Combine(Root, "docs", "decisions"), "*.md").Order(StringComparer.Ordinal).ToArray();

        pages.Select(static page => Path.GetFileName(page)[..3]).ShouldBe(Enumerable.Range(1, pages.Length).Select(static number => $"{number:000}"));
        foreach (var page in pages)
            File.ReadLines(page).First().ShouldStartWith($"# {Path.GetFileName(page)[..3]}. ");
    }

    private static Dictionary<string, string> Regions()
    {
        var regions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "tests", "Longhaul.Docs.Tests"), "*.cs"))
        {
            foreach (Match region in Region().Matches(File.ReadAllText(file)))
                regions.Add(region.Groups["name"].Value, Dedent(region.Groups["code"].Value));
        }

        return regions;
    }

    private static string Dedent(string code)
    {
        var lines = code.Trim('\n').TrimEnd().Split('\n');
        var indent = lines.Where(static l => l.Trim().Length > 0).Min(static l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length >= indent ? l[indent..] : l)).Trim();
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Longhaul.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must lie in the checkout.");
        return folder.FullName;
    }

    [GeneratedRegex(@"(<!-- snippet: (?<name>[\w-]+) -->\n)?```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"#region snippet: (?<name>[\w-]+)\n(?<code>.*?)\n\s*#endregion", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Region();

    [GeneratedRegex(@"\]\((?!https?:|#)(?<target>[^)#]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Link();
}
