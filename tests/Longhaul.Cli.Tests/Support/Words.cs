using System.Text.RegularExpressions;

namespace Longhaul.Cli.Tests.Support;

/// <summary>Takes a command line apart as a shell would, as far as tests need it.</summary>
internal static partial class Words
{
    public static string[] Of(string line) => [.. Pattern.Matches(line).Select(static match => match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Value)];

    [GeneratedRegex(@"'(?<quoted>[^']*)'|\S+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Pattern { get; }
}
