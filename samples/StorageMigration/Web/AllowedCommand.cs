using System.Text.RegularExpressions;

namespace StorageMigration.Web;

/// <summary>A command that callers may run.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">What it takes beside <c>dryRun</c>, each with the regular expression that a whole value must match.</param>
internal sealed record AllowedCommand(string Name, string Description, IReadOnlyDictionary<string, string> Parameters)
{
    /// <exception cref="RefusedException">It does not take this argument, or not this value.</exception>
    public void Check(string parameter, string value)
    {
        if (!Parameters.TryGetValue(parameter, out var pattern))
        {
            var known = string.Join(", ", Parameters.Keys.Append("dryRun").Order(StringComparer.Ordinal));
            throw RefusedException.BadRequest($"An argument of {Name} must be one of {known}, but was '{Shown(parameter)}'.");
        }

        if (value.Contains('\0', StringComparison.Ordinal) || !Regex.IsMatch(value, $@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant))
            throw RefusedException.BadRequest($"The argument {parameter} of {Name} must match {pattern}, but was '{Shown(value)}'.");
    }

    private static string Shown(string text) => text.Length > 100 ? text[..100] + "…" : text;
}
