namespace Longhaul.Hosting;

/// <summary>What somebody may have meant by an unknown word.</summary>
internal static class Nearest
{
    /// <summary>The known word that a slip of the fingers away from it; null: none is near.</summary>
    public static string? Word(string typed, IEnumerable<string> known)
    {
        var allowed = Math.Max(1, typed.Length / 3);
        return known
            .Select(word => (Word: word, Distance: word.StartsWith(typed, StringComparison.OrdinalIgnoreCase) ? 1 : Distance(typed, word)))
            .Where(candidate => candidate.Distance <= allowed)
            .OrderBy(static candidate => candidate.Distance)
            .Select(static candidate => candidate.Word)
            .FirstOrDefault();
    }

    // Edits that turn one into the other (Levenshtein), case aside.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
