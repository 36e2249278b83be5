using System.Collections;
using System.Reflection;
using Longhaul;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace StorageMigration.Commands;

/// <summary>The allow-list of programs: every command, run by this same program as a process of its own.</summary>
internal static class CommandEntries
{
    private const string Flag = "1|0|true|false";

    /// <summary>Settings that say which store of jobs is meant; the program is told the same.</summary>
    private static readonly string[] StoreSettings = ["LONGHAUL_STORE", "Longhaul:Store", "QUEUE_CONNECTION", "QUEUE_DRIVER", "DATABASE_URL"];

    /// <summary>The application's own settings.</summary>
    private static readonly string[] Sections = ["Migration", "Trees", "Drive", "Transforms"];

    /// <summary>What the program needs of the worker's environment beside the ordinary: the runtime's own variables, and keys of object stores.</summary>
    private static readonly string[] Passed = ["DOTNET_", "AWS_", "GOOGLE_"];

    /// <summary>Adds an entry for each command that the application has so far and that runs as a job.</summary>
    public static void Fill(IDictionary<string, ProcessEntry> entries, IHostApplicationBuilder builder)
    {
        // What a command takes and how long it may run it says itself, and it is made from services. The host's are not built yet: these are for a look only.
        var services = new ServiceCollection { builder.Services };
        services.Replace(ServiceDescriptor.Singleton<IConfiguration>(builder.Configuration)); // the host's own registration would end it with the look
        using var look = services.BuildServiceProvider();
        var commands = look.GetServices<ICommand>().ToList();
        entries.Clear(); // a command may have asked for Longhaul, which adds what the settings say to the same list
        foreach (var command in commands.Where(static command => command.RunsAsJob))
            entries[command.Name] = Entry(command, builder.Configuration);
    }

    private static ProcessEntry Entry(ICommand command, IConfiguration configuration)
    {
        var entry = new ProcessEntry
        {
            Executable = Environment.ProcessPath ?? throw new InvalidOperationException("The program's own path must be known to run its commands, but is not."),
            WorkingFolder = Environment.CurrentDirectory,
            TimeLimit = configuration.GetSection("Migration:TimeLimits").GetValue<TimeSpan?>(command.Name) ?? command.TimeLimit,
        };
        if (Path.GetFileNameWithoutExtension(entry.Executable) == "dotnet")
            entry.Arguments.Add(Assembly.GetEntryAssembly()!.Location);
        entry.Arguments.Add("{command}");
        foreach (var (name, pattern) in command.Parameters.Append(KeyValuePair.Create(CommandArguments.DryRunName, Flag)))
        {
            if (entry.Parameters.TryAdd(name, pattern))
                entry.Arguments.Add($"--{name}={{{name}}}");
        }

        entry.Arguments.Add($"--{CommandArguments.CursorName}={{{CommandArguments.CursorName}}}");
        foreach (var (phase, share) in command.Phases)
            entry.Phases.Add(phase, share);
        SetEnvironment(entry, configuration);
        return entry;
    }

    private static void SetEnvironment(ProcessEntry entry, IConfiguration configuration)
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (Passed.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                entry.PassEnvironment.Add(name);
        }

        foreach (var (key, value) in Sections.SelectMany(section => configuration.GetSection(section).AsEnumerable()).Where(static setting => setting.Value is not null))
            entry.Environment[AsVariable(key)] = value!;
        entry.Environment[AsVariable("Migration:Root")] = MigrationApp.RootOf(configuration);
        foreach (var key in StoreSettings)
        {
            if (configuration[key] is { Length: > 0 } value)
                entry.Environment[AsVariable(key)] = value;
        }
    }

    private static string AsVariable(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
