using System.CommandLine;
using System.CommandLine.Help;

namespace Longhaul.Cli;

/// <summary>Writes the help of the program and of each verb.</summary>
internal static class VerbHelp
{
    private const string ExitCodes = "Exit codes: 0 done, 1 failed, 2 wrong use, 3 store not reachable, 4 not found, 130 interrupted.";

    public static void Write(RootCommand root, Command command, string program, TextWriter output)
    {
        if (command is Verb verb)
            WriteVerb(root, verb, program, output);
        else
            WriteProgram(root, program, output);
    }

    private static void WriteProgram(RootCommand root, string program, TextWriter output)
    {
        output.WriteLine(root.Description);
        output.WriteLine();
        output.WriteLine($"Usage: {program} [--store URL] [--json] VERB");
        foreach (var group in root.Subcommands.OfType<Verb>().GroupBy(static verb => verb.Group).OrderBy(static group => group.Key))
        {
            output.WriteLine();
            output.WriteLine(Heading(group.Key));
            WriteRows(output, group.Select(static verb => (verb.Name, verb.Description ?? "")));
        }

        WriteOptions(output, "Options, for every verb", root.Options);
        output.WriteLine();
        output.WriteLine("The store: --store, else LONGHAUL_STORE, else Longhaul:Store in appsettings.json.");
        output.WriteLine("It is sqlite:FILE, postgres://USER:PASSWORD@HOST:PORT/DATABASE or memory:.");
        output.WriteLine(ExitCodes);
        output.WriteLine($"Examples of a verb: {program} VERB --help");
    }

    private static void WriteVerb(RootCommand root, Verb verb, string program, TextWriter output)
    {
        output.WriteLine(verb.Description);
        output.WriteLine();
        output.WriteLine($"Usage: {program} {verb.Name}{string.Concat(verb.Arguments.Select(Usage))} [options]");
        if (verb.Arguments.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Arguments");
            WriteRows(output, verb.Arguments.Select(static argument => (argument.Name, argument.Description ?? "")));
        }

        WriteOptions(output, "Options", verb.Options);
        WriteOptions(output, "Options, for every verb", root.Options);
        if (verb.Remarks is { } remarks)
        {
            output.WriteLine();
            output.WriteLine(remarks);
        }

        output.WriteLine();
        output.WriteLine("Examples");
        foreach (var example in verb.Examples)
            output.WriteLine("  " + (example.Contains(" | longhaul ", StringComparison.Ordinal) ? example.Replace(" longhaul ", $" {program} ", StringComparison.Ordinal) : $"{program} {example}"));
        if (verb.AlsoKnownAs.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Also known as: " + string.Join(", ", verb.AlsoKnownAs));
        }
    }

    private static void WriteOptions(TextWriter output, string heading, IEnumerable<Option> options)
    {
        var shown = options.Where(static option => !option.Hidden).ToArray();
        if (shown.Length == 0)
            return;
        output.WriteLine();
        output.WriteLine(heading);
        WriteRows(output, shown.Select(static option => (Label(option), option.Description ?? "")));
    }

    private static string Label(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(static alias => alias[0] == '-').Order(StringComparer.Ordinal).Prepend(option.Name));
        return option is HelpOption or VersionOption or Option<bool> ? names : $"{names} {option.HelpName ?? "VALUE"}";
    }

    private static string Usage(Argument argument)
    {
        var name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : " " + name;
    }

    private static void WriteRows(TextWriter output, IEnumerable<(string Name, string Text)> rows)
    {
        var all = rows.ToArray();
        var width = Math.Min(28, all.Max(static row => row.Name.Length));
        foreach (var (name, text) in all)
        {
            if (name.Length > width)
            {
                output.WriteLine("  " + name);
                output.WriteLine("  " + new string(' ', width + 2) + text);
            }
            else
            {
                output.WriteLine($"  {name.PadRight(width)}  {text}");
            }
        }
    }

    private static string Heading(VerbGroup group) => group switch
    {
        VerbGroup.Work => "Do the work",
        VerbGroup.Jobs => "Jobs",
        VerbGroup.Failed => "Failed jobs",
        VerbGroup.Watch => "Watch",
        _ => "Queues and store",
    };
}
