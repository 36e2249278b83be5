using System.CommandLine;

namespace Longhaul.Cli;

/// <summary>A command of the command line, with what its help needs.</summary>
internal sealed class Verb : Command
{
    public Verb(string name, string description) : base(name, description) { }

    /// <summary>The heading under which the list of verbs shows it.</summary>
    public required VerbGroup Group { get; init; }

    /// <summary>Whole command lines without the program's name.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Sentences below the options.</summary>
    public string? Remarks { get; init; }

    /// <summary>What it does; gives the exit code.</summary>
    public required Func<CliContext, ParseResult, CancellationToken, Task<int>> Run { get; init; }

    /// <summary>Whether it stops its own work in order when asked to, rather than being cut off.</summary>
    public bool HandlesSignals { get; init; }

    /// <summary>Names by which people who come from elsewhere know it.</summary>
    public IReadOnlyList<string> AlsoKnownAs
    {
        get;
        init
        {
            field = value;
            foreach (var alias in value)
                Aliases.Add(alias);
        }
    } = [];

    /// <summary>Adds arguments and options.</summary>
    public Verb With(params ReadOnlySpan<Symbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                Add(argument);
            else
                Add((Option)symbol);
        }

        return this;
    }
}

/// <summary>The headings of the list of verbs.</summary>
internal enum VerbGroup
{
    Work,
    Jobs,
    Failed,
    Watch,
    Store,
}
