namespace Longhaul.Cli.Parsing;

/// <summary>What somebody may have meant.</summary>
internal static class Suggestions
{
    /// <summary>The known word that is nearest to what was typed, if it is near enough to be a slip; else null.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        var allowed = Math.Max(1, typed.TrimStart('-').Length / 3);
        return known
            .Select(word => (Word: word, Distance: IsBeginning(typed, word) ? 0 : Distance(typed, word)))
            .Where(candidate => candidate.Distance <= allowed)
            .OrderBy(static candidate => candidate.Distance)
            .ThenBy(static candidate => candidate.Word.Length)
            .Select(static candidate => candidate.Word)
            .FirstOrDefault();
    }

    private static bool IsBeginning(string typed, string word) => typed.TrimStart('-').Length >= 2 && word.StartsWith(typed, StringComparison.OrdinalIgnoreCase);

    /// <summary>Edits that turn one into the other; two swapped neighbours count as one.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 4 || a.Length > 64)
            return int.MaxValue;

        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
