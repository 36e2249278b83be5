using System.Text.RegularExpressions;

namespace Longhaul.Architecture.Tests;

public sealed partial class FileTests
{
    private const int MostLines = 400;
    private const long MostBytesRead = 4 * 1024 * 1024;

    [Fact]
    public void No_file_in_src_is_longer_than_400_lines()
    {
        var tooLong =
            from file in Repository.SourceFiles("src")
            let lines = File.ReadLines(file).Count()
            where lines > MostLines
            orderby lines descending
            select $"{Repository.Relative(file)}: {lines} lines";

        tooLong.ShouldBeEmpty("split each into rooms of its own");
    }

    [Fact]
    public void No_build_output_is_tracked()
    {
        Repository.TrackedFiles().Where(f => BuildOutput.IsMatch(f)).ShouldBeEmpty();
    }

    [Fact]
    public void No_tracked_file_names_a_path_of_one_machine()
    {
        var found =
            from file in Repository.TrackedFiles()
            let path = new FileInfo(Path.Combine(Repository.Root, file))
            where path.Exists && path.Length <= MostBytesRead
            from line in File.ReadLines(path.FullName).Index()
            where MachinePath.IsMatch(line.Item)
            select $"{file}:{line.Index + 1}";

        found.ShouldBeEmpty("use a path relative to the repository");
    }

    [GeneratedRegex(@"(^|/)(bin|obj)/", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex BuildOutput { get; }

    // A class of one letter keeps this file from finding itself.
    [GeneratedRegex(@"(^|[^A-Za-z0-9_.])/([w]ork|[f]arm|[r]oot)/", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex MachinePath { get; }
}
