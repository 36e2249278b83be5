using System.Text.Json.Serialization;

namespace Longhaul.Cli.Output;

/// <summary>An error as <c>--json</c> shows it.</summary>
internal sealed record ErrorView(
    string Code, int ExitCode, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Hint,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Done)
{
    public static ErrorView Of(CliException error, string message) => new(CodeOf(error.ExitCode), error.ExitCode, message, error.Hint, error.Done);

    private static string CodeOf(int exitCode) => exitCode switch
    {
        Cli.ExitCode.WrongUse => "wrong_use",
        Cli.ExitCode.StoreNotReachable => "store_not_reachable",
        Cli.ExitCode.NotFound => "not_found",
        Cli.ExitCode.Interrupted => "interrupted",
        _ => "failed",
    };
}
