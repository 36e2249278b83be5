using System.Text;

namespace Longhaul.Processes;

/// <summary>One argument of an entry: text with parameters in it.</summary>
internal sealed class ArgumentTemplate
{
    public const string Command = "command";
    public const string Rest = "*";
    public const string Cursor = "cursor";

    private readonly List<(string Text, bool IsParameter)> _parts = [];

    private ArgumentTemplate()
    {
    }

    public IEnumerable<string> Parameters => _parts.Where(static part => part.IsParameter).Select(static part => part.Text);

    /// <summary>Null: a brace has no partner.</summary>
    public static ArgumentTemplate? Parse(string text)
    {
        var template = new ArgumentTemplate();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            if (open < 0)
                open = text.Length;
            if (open > at)
                template._parts.Add((text[at..open], false));
            if (open == text.Length)
                break;
            var close = text.IndexOf('}', open);
            if (close < open + 2)
                return null;
            template._parts.Add((text[(open + 1)..close], true));
            at = close + 1;
        }

        return template;
    }

    /// <summary>The argument; null: a value is not given, and the argument is left out.</summary>
    /// <exception cref="FailNowException">A value at its beginning begins with <c>-</c>, and would be taken for an option.</exception>
    public string? Fill(Func<string, string?> valueOf)
    {
        var argument = new StringBuilder();
        foreach (var (text, isParameter) in _parts)
        {
            if (!isParameter)
            {
                argument.Append(text);
                continue;
            }

            if (valueOf(text) is not { } value)
                return null;
            if (argument.Length == 0 && value.StartsWith('-'))
                throw new FailNowException($"The value of \"{text}\" must not begin with '-', for the program would take it for an option, but was {Jobs.Quoted.Text(value)}.");
            argument.Append(value);
        }

        return argument.ToString();
    }
}
