using System.Text.RegularExpressions;

namespace Longhaul.Architecture.Tests;

/// <summary>What holds for the dashboard's files by their text alone.</summary>
public sealed partial class DashboardTests
{
    private const int MostLines = 400;

    private static readonly string Root = Path.Combine(Repository.Root, "src/Longhaul.AspNetCore/Dashboard/wwwroot");

    private static string[] Scripts => Directory.GetFiles(Root, "*.js", SearchOption.AllDirectories);

    [Fact]
    public void No_way_leads_from_a_text_to_markup_or_code()
        => Found(Scripts, SinkPattern()).ShouldBeEmpty();

    [Fact]
    public void Pages_have_no_inline_script_style_or_handler()
        => Found(Directory.GetFiles(Root, "*.html"), InlinePattern()).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_taken_from_another_host()
        => Found(Directory.GetFiles(Root, "*", SearchOption.AllDirectories), HostPattern())
            .Where(static line => !line.Contains("http://www.w3.org/", StringComparison.Ordinal)) // names of namespaces
            .ShouldBeEmpty();

    [Fact]
    public void Every_text_for_people_is_in_one_file()
        => Found(Scripts.Where(static file => Path.GetFileName(file) is not ("texts.js" or "longhaul-progress.js" or "progress.js")), WordsPattern()).ShouldBeEmpty();

    [Fact]
    public void Files_are_short()
        => Scripts.Where(static file => File.ReadLines(file).Count() > MostLines).ShouldBeEmpty();

    [Fact]
    public void The_progress_component_is_small()
        => new FileInfo(Path.Combine(Root, "longhaul-progress.js")).Length.ShouldBeLessThanOrEqualTo(2048);

    private static IEnumerable<string> Found(IEnumerable<string> files, Regex pattern)
        => files.SelectMany(file => File.ReadLines(file)
            .Where(static line => line.TrimStart() is var text && !text.StartsWith("//", StringComparison.Ordinal) && !text.StartsWith('*') && !text.StartsWith("/*", StringComparison.Ordinal))
            .Where(line => pattern.IsMatch(line)).Select(line => $"{Path.GetFileName(file)}: {line.Trim()}"));

    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|setAttribute\('style'|createContextualFragment|DOMParser|setTimeout\('", RegexOptions.None, 1000)]
    private static partial Regex SinkPattern();

    [GeneratedRegex(@"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex InlinePattern();

    [GeneratedRegex(@"https?://|['""(]//[a-z]|@import", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex HostPattern();

    /// <summary>A quoted text that begins with a capital letter and goes on with a small word.</summary>
    [GeneratedRegex(@"'[A-Z][a-z]+ [a-z]+[^']*'", RegexOptions.None, 1000)]
    private static partial Regex WordsPattern();
}
