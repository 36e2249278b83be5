namespace StorageMigration.Urls;

/// <summary>Rewrites what a column holds, by the kind of the column.</summary>
internal sealed class ColumnRewriter
{
    private readonly bool _onlyJson;
    private readonly TextRewriter _text;
    private readonly JsonRewriter _json;
    private readonly TextRewriter? _leaves;
    private readonly JsonRewriter? _leavesJson;

    /// <param name="forms">What is looked for.</param>
    /// <param name="onlyJson">Whether only strings inside JSON are rewritten.</param>
    /// <param name="leaves">Forms that are told of where they are, and left; null: none.</param>
    public ColumnRewriter(IReadOnlyList<AddressForm> forms, bool onlyJson = false, IReadOnlyList<AddressForm>? leaves = null)
    {
        Needles = AddressForms.Needles(leaves is null ? forms : [.. forms, .. leaves]);
        (_onlyJson, _text, _json) = (onlyJson, new(forms), new(new(forms), Needles));
        if (leaves is not null)
            (_leaves, _leavesJson) = (new(leaves), new(new(leaves), Needles));
    }

    /// <summary>Texts of which one is in whatever holds an address.</summary>
    public IReadOnlyList<string> Needles { get; }

    public Rewrite Rewrite(SiteColumn column, string text)
    {
        var rewrite = Found(column, text);
        if (rewrite.LeftBecause is not null || _leaves is null)
            return rewrite;
        var result = rewrite.Text ?? text;
        var left = column.Kind is ColumnKind.Json or ColumnKind.BinaryJson && _leavesJson!.FindEdits(result) is { IsValid: true } inside ? inside.Edits : _leaves.FindEdits(result);
        return left.Count == 0 ? rewrite : rewrite with
        {
            Edits = rewrite.Edits.Count > 0 ? rewrite.Edits : left,
            LeftBecause = $"the address is written otherwise too ({string.Join(", ", left.Select(static edit => edit.Form.Name).Distinct())}), which extended-url-replacement/replace replaces",
        };
    }

    private Rewrite Found(SiteColumn column, string text)
    {
        if (column.LeftBecause is { } reason)
            return _text.FindEdits(text) is { Count: > 0 } there && (!_onlyJson || JsonRewriter.LooksLikeJson(text)) ? new(null, there, reason) : Urls.Rewrite.Nothing;

        var isJson = column.Kind is ColumnKind.Json or ColumnKind.BinaryJson || (_onlyJson && JsonRewriter.LooksLikeJson(text));
        if (!isJson)
            return _onlyJson ? Urls.Rewrite.Nothing : Checked(text, _text.FindEdits(text), _text.FindEdits);

        var found = _json.FindEdits(text);
        if (found.Clash)
            return new(null, found.Edits, "two names of a JSON object would become the same");
        if (found.IsValid)
            return Checked(text, found.Edits, again => _json.FindEdits(again).Edits);
        if (!_onlyJson)
            return Checked(text, _text.FindEdits(text), _text.FindEdits);
        return _text.FindEdits(text) is { Count: > 0 } edits ? new(null, edits, "it is no valid JSON") : Urls.Rewrite.Nothing;
    }

    /// <summary>The end of a replacement and what follows it can make up the old address once more: such a text is for a person to look at.</summary>
    private static Rewrite Checked(string text, List<TextEdit> edits, Func<string, List<TextEdit>> find)
    {
        if (edits.Count == 0)
            return Urls.Rewrite.Nothing;
        var result = TextEdit.Apply(text, edits);
        return find(result).Count == 0 ? new(result, edits, null) : new(null, edits, "the old address would be found in the result again");
    }
}

/// <summary>What becomes of a text.</summary>
/// <param name="Text">The new one; null: it stays as it is.</param>
/// <param name="Edits">The addresses that were found.</param>
/// <param name="LeftBecause">Why addresses stay in it; with a new text as well: others that were not looked for.</param>
internal sealed record Rewrite(string? Text, IReadOnlyList<TextEdit> Edits, string? LeftBecause)
{
    public static readonly Rewrite Nothing = new(null, [], null);
}
