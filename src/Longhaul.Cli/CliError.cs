namespace Longhaul.Cli;

/// <summary>What a command ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUse = 2;
    public const int StoreNotReachable = 3;
    public const int NotFound = 4;

    /// <summary>As shells say it of a program that ended by SIGINT.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends a command with a line for people and an exit code.</summary>
internal sealed class CliException(int exitCode, string message, string? hint = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do about it.</summary>
    public string? Hint { get; } = hint;

    /// <summary>How many were done before it.</summary>
    public long? Done { get; init; }

    public static CliException WrongUse(string message, string? hint = null) => new(Cli.ExitCode.WrongUse, message, hint);

    public static CliException NotFound(JobId id) => new(Cli.ExitCode.NotFound, $"there is no job {id}", "it never existed, or its time to be kept is over");

    public static CliException Interrupted(long done, string what)
        => new(Cli.ExitCode.Interrupted, $"interrupted: {Output.Amount.Of(done, what)} done") { Done = done };
}
