namespace StorageMigration.Commands;

/// <summary>What a command was called with: <c>--name=value</c>, each once.</summary>
internal sealed class CommandArguments
{
    public const string DryRunName = "dryRun";

    /// <summary>The cursor that the command printed last, where it runs again as a job.</summary>
    public const string CursorName = "cursor";

    private static readonly string[] Yes = ["1", "true", "yes"];
    private static readonly string[] No = ["0", "false", "no"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <param name="values">Each of the form <c>--name=value</c>; <c>--name</c> alone stands for <c>--name=true</c>.</param>
    /// <exception cref="ArgumentException">One has another form, or comes twice.</exception>
    public CommandArguments(IEnumerable<string> values)
    {
        foreach (var text in values)
        {
            if (!text.StartsWith("--", StringComparison.Ordinal) || text.Length < 3)
                throw new ArgumentException($"An argument must have the form --name=value, but was '{text}'.", nameof(values));
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (text[2..], "true") : (text[2..equals], text[(equals + 1)..]);
            if (!_values.TryAdd(name, value))
                throw new ArgumentException($"An argument must be given once, but --{name} was given again.", nameof(values));
        }
    }

    public IEnumerable<string> Names => _values.Keys;

    /// <summary>Whether nothing is to be changed, only told.</summary>
    public bool DryRun => Flag(DryRunName);

    public string? Cursor => Find(CursorName);

    public string? Find(string name) => _values.TryGetValue(name, out var value) ? value : null;

    /// <exception cref="ArgumentException">It is neither a yes nor a no.</exception>
    public bool Flag(string name, bool otherwise = false)
    {
        if (Find(name) is not { } value)
            return otherwise;
        if (Yes.Contains(value, StringComparer.OrdinalIgnoreCase))
            return true;
        if (No.Contains(value, StringComparer.OrdinalIgnoreCase))
            return false;
        throw new ArgumentException($"--{name} must be 1 or 0 (true, false, yes, no), but was '{value}'.", name);
    }
}
