using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;

namespace StorageMigration.Tests.Urls;

/// <summary>A command of the application, run in this process.</summary>
internal static class Verb
{
    /// <summary>Runs it.</summary>
    /// <param name="name">The command.</param>
    /// <param name="arguments">As on its command line.</param>
    /// <param name="settings">The configuration.</param>
    public static async Task<VerbResult> RunAsync(string name, string[] arguments, params (string Key, string? Value)[] settings)
    {
        using var root = new TempFolder();
        using var host = MigrationApp.Build([("Migration:RunsJobs", "false"), .. settings.Any(static setting => setting.Key == "Migration:Root") ? [] : ((string, string?)[])[("Migration:Root", root.Path)], .. settings]);
        var commands = host.Services.GetRequiredService<CommandLine>();
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var exit = await commands.RunAsync(commands.Find(name).ShouldNotBeNull(), arguments, output, errors, TestContext.Current.CancellationToken);
        return new(exit, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), errors.ToString());
    }
}

/// <summary>How it ended.</summary>
internal sealed record VerbResult(int Exit, string[] Lines, string Errors)
{
    public string All => $"exit {Exit}\n{string.Join('\n', Lines)}\n{Errors}";

    /// <summary>The cursor that it printed last.</summary>
    public string Cursor => Lines.Where(static line => line.StartsWith('{')).Select(static line => System.Text.Json.JsonDocument.Parse(line).RootElement)
        .Where(static line => line.TryGetProperty("cursor", out _)).Select(static line => line.GetProperty("cursor").GetString()!).Last();
}
