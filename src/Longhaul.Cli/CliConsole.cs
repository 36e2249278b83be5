namespace Longhaul.Cli;

/// <summary>All that a command sees of the process around it. Tests give their own.</summary>
internal sealed class CliConsole
{
    /// <summary>For results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For errors, questions and notes to people.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Opens standard input.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Whether <see cref="Out"/> is a terminal: tables and colours instead of plain lines.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether somebody can answer a question.</summary>
    public bool InIsTerminal { get; init; }

    /// <summary>Columns and rows of the terminal now.</summary>
    public Func<(int Width, int Height)> Size { get; init; } = static () => (80, 25);

    /// <summary>A key that was pressed; null: none yet.</summary>
    public Func<ConsoleKeyInfo?> ReadKey { get; init; } = static () => null;

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Who acts: kept in the history of jobs.</summary>
    public string User { get; init; } = "cli";

    /// <summary>Whether letters and lines outside of ASCII arrive as such.</summary>
    public bool Unicode => (Set("LC_ALL") ?? Set("LC_CTYPE") ?? Set("LANG")) is { } locale
        && (locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the terminal obeys escape sequences.</summary>
    public bool Ansi => OutIsTerminal && Variable("TERM") is not "dumb";

    /// <summary>Whether to colour: see no-color.org.</summary>
    public bool Colour => Ansi && Set("NO_COLOR") is null;

    private string? Set(string variable) => Variable(variable) is { Length: > 0 } value ? value : null;
}
