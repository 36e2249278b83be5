using System.Text.RegularExpressions;

namespace StorageMigration.Tests.Web;

/// <summary>An example in JavaScript as the seed prints it, cut out of the seed's own text.</summary>
/// <param name="Number">1 for the first.</param>
/// <param name="Heading">Under which it stands.</param>
/// <param name="Code">Unchanged.</param>
internal sealed partial record SeedExample(int Number, string Heading, string Code)
{
    /// <summary>Whether it asks for a change.</summary>
    public bool Posts => Code.Contains("method: 'POST'", StringComparison.Ordinal);

    public bool PrintsToken => Code.Contains("'X-CSRF-Token'", StringComparison.Ordinal);

    /// <summary>What each of its calls is answered where the token is right, in order of the calls that it makes once.</summary>
    public IReadOnlyDictionary<string, int> Exceptions => Refused;

    private static readonly Dictionary<string, int> Refused = new(StringComparer.Ordinal)
    {
        // The example of the header leaves method and body away: the token is accepted, and what is missing is said.
        ["GET run-command-queue"] = 400,
        ["GET get-migration-progress?migrationId=queue-123"] = 404,
    };

    public override string ToString() => $"{Number} ({Heading})";

    public static IReadOnlyList<SeedExample> All()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Seeds", "000.md"));
        var examples = new List<SeedExample>();
        foreach (Match block in Block.Matches(text))
        {
            var heading = Title.Matches(text[..block.Index])[^1].Groups["title"].Value;
            examples.Add(new SeedExample(examples.Count + 1, heading, block.Groups["code"].Value));
        }

        return examples;
    }

    [GeneratedRegex("```javascript\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Block { get; }

    [GeneratedRegex("^#+ (?<title>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Title { get; }
}
