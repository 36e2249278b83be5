using System.Text.RegularExpressions;

namespace Longhaul.Cli.Output;

/// <summary>Takes passwords out of addresses in messages, whoever wrote them.</summary>
internal static partial class Secrets
{
    public static string Hide(string text) => KeyValue.Replace(UserInfo.Replace(text, "${user}:***@"), "${key}=***");

    // The password may itself hold : or @ when nobody escaped it: everything up to the last @ goes.
    [GeneratedRegex(@"(?<user>://[^/\s:@]*):[^\s/]*@", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex UserInfo { get; }

    [GeneratedRegex(@"\b(?<key>password|pwd)\s*=\s*(""[^""]*""|'[^']*'|[^;\s]+)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex KeyValue { get; }
}
