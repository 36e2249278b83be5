namespace StorageMigration.Urls;

/// <summary>What becomes of a row.</summary>
internal static class RowRewrites
{
    /// <summary>Its columns in which an address was found.</summary>
    public static IEnumerable<(int Column, string Text, Rewrite Rewrite)> Of(ColumnRewriter rewriter, SiteTable table, SiteRow row)
    {
        for (var i = 0; i < table.Columns.Count; i++)
        {
            if (row.Texts[i] is not { } text)
                continue;
            var rewrite = rewriter.Rewrite(table.Columns[i], text);
            if (rewrite.Edits.Count > 0)
                yield return (i, text, row.Invalid.Contains(i) ? rewrite with { Text = null, LeftBecause = "it is no valid text in the encoding of the file" } : rewrite);
        }
    }
}
