using System.Text;

namespace StorageMigration.Urls;

/// <summary>A piece of a text that another takes the place of.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="Length">Its characters.</param>
/// <param name="Replacement">What takes its place.</param>
/// <param name="Form">How the address was written.</param>
internal readonly record struct TextEdit(int Start, int Length, string Replacement, AddressForm Form)
{
    public int End => Start + Length;

    /// <summary>Carries out edits that are in order and apart.</summary>
    public static string Apply(string text, IReadOnlyList<TextEdit> edits)
    {
        var result = new StringBuilder(text.Length + edits.Sum(static edit => edit.Replacement.Length - edit.Length));
        var copied = 0;
        foreach (var edit in edits)
        {
            result.Append(text, copied, edit.Start - copied).Append(edit.Replacement);
            copied = edit.End;
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }
}
