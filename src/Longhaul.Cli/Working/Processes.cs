using Longhaul.Worker;

namespace Longhaul.Cli.Working;

/// <summary>The parent of <c>--processes</c>: its children get the same command line without that.</summary>
internal static class Processes
{
    private const string Option = "--processes";
    private const string OneName = "work";

    public static Task<int> RunAsync(CliContext cli, int count, bool untilEmpty, string manyName, WorkOutput output)
        => new Supervisor(ChildArguments(cli.Arguments, manyName), count, untilEmpty, cli.Time, output.Logger).RunAsync();

    /// <summary>The arguments of one child.</summary>
    /// <param name="arguments">Those of the parent.</param>
    /// <param name="manyName">The name of the verb that means several processes.</param>
    internal static IReadOnlyList<string> ChildArguments(IReadOnlyList<string> arguments, string manyName)
    {
        var child = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == Option)
                i++; // and its number
            else if (!arguments[i].StartsWith(Option + "=", StringComparison.Ordinal) && !arguments[i].StartsWith(Option + ":", StringComparison.Ordinal))
                child.Add(arguments[i] == manyName ? OneName : arguments[i]);
        }

        return child;
    }
}
