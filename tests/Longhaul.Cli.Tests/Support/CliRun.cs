using System.Text.Json;

namespace Longhaul.Cli.Tests.Support;

/// <summary>What a command line wrote, and how it ended.</summary>
public sealed record CliRun(int ExitCode, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Out);

    /// <summary>This run, when it ended as it should.</summary>
    public CliRun Ends(int exitCode)
    {
        ExitCode.ShouldBe(exitCode, $"out: {Out}\nerror: {Error}");
        return this;
    }
}
