using System.CommandLine;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli;

/// <summary>Says what is wrong with a command line, and what may have been meant.</summary>
internal static class WrongUse
{
    public static CliException Of(ParseResult parse, RootCommand root, string program)
    {
        var verb = parse.CommandResult.Command as Verb;
        var see = verb is null ? $"see {program} --help" : $"see {program} {verb.Name} --help";
        if (parse.UnmatchedTokens.Count > 0)
            return Unknown(parse.UnmatchedTokens[0], verb, root, see);
        if (verb is null && parse.Errors.All(static error => error.SymbolResult is System.CommandLine.Parsing.CommandResult))
            return CliException.WrongUse("no verb was given", see);
        return CliException.WrongUse(parse.Errors[0].Message.TrimEnd('.'), see);
    }

    private static CliException Unknown(string token, Verb? verb, RootCommand root, string see)
    {
        var isOption = token.StartsWith('-');
        var name = isOption ? token.Split('=')[0] : token;
        var known = isOption ? OptionsOf(verb, root)
            : verb is null ? root.Subcommands.SelectMany(static command => command.Aliases.Prepend(command.Name))
            : [];
        var what = isOption ? "option" : verb is null ? "verb" : "argument";
        return CliException.WrongUse(
            $"unknown {what} '{name}'",
            Suggestions.Nearest(name, known) is { } nearest ? $"did you mean '{nearest}'?" : see);
    }

    private static IEnumerable<string> OptionsOf(Verb? verb, RootCommand root)
        => root.Options.Concat(verb?.Options ?? []).Where(static option => !option.Hidden).SelectMany(static option => option.Aliases.Prepend(option.Name));
}
