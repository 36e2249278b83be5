using System.CommandLine;
using System.CommandLine.Help;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Output;
using Longhaul.Storage;

namespace Longhaul.Cli;

/// <summary>The command line: finds the verb, runs it, and turns whatever happens into lines for people and an exit code.</summary>
internal sealed class CliApp(CliConsole console, IApplication application, string program = "longhaul")
{
    private readonly Option<string?> _store = new("--store") { Recursive = true, HelpName = "URL", Description = "The store, such as sqlite:app.db." };

    private readonly Option<bool> _json = new("--json") { Recursive = true, Description = "Results, and errors too, as one JSON document." };

    /// <summary>Watches for Ctrl-C and the like while a verb runs that does not do so itself.</summary>
    public Func<CancellationTokenSource, IDisposable>? Signals { get; init; }

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is ["help", .. var rest])
            args = [.. rest, "--help"];

        var root = Root();
        var parse = Parse(root, args);
        var json = args.TakeWhile(static arg => arg != "--").Contains("--json");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var code = await RunAsync(root, parse, args, stop).ConfigureAwait(false);
            await console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return code;
        }
        catch (Exception e) when (IsClosedPipe(e))
        {
            return ExitCode.Done;
        }
        catch (Exception e) when (Explain(e, stop.Token) is { } error)
        {
            return Report(error, json);
        }
    }

    private async Task<int> RunAsync(RootCommand root, ParseResult parse, string[] args, CancellationTokenSource stop)
    {
        if (parse.Action is HelpAction)
        {
            VerbHelp.Write(root, parse.CommandResult.Command, program, console.Out);
            return ExitCode.Done;
        }

        if (parse.Errors.Count == 0 && parse.Action is not null)
            return await parse.InvokeAsync(new InvocationConfiguration { Output = console.Out, Error = console.Error, ProcessTerminationTimeout = null }, stop.Token).ConfigureAwait(false);
        if (parse.CommandResult.Command is not Verb verb || parse.Errors.Count > 0)
            throw WrongUse.Of(parse, root, program);

        using var signals = verb.HandlesSignals ? null : Signals?.Invoke(stop);
        var cli = new CliContext(console, application, args, parse.GetValue(_store), parse.GetValue(_json));
        await using (cli.ConfigureAwait(false))
            return await verb.Run(cli, parse, stop.Token).ConfigureAwait(false);
    }

    /// <summary>Whether the arguments of an application are for the command line: they begin with a verb or with an option of every verb.</summary>
    public static bool IsForIt(string[] args)
        => args is [var first, ..] && (!first.StartsWith('-') || first is "--help" or "-h" or "-?" or "--version" or "--json" or "--store" || first.StartsWith("--store=", StringComparison.Ordinal));

    /// <summary>What is wrong with a command line.</summary>
    internal static IEnumerable<string> ParseErrors(string[] args)
        => Parse(new CliApp(null!, null!).Root(), args).Errors.Select(static error => error.Message);

    // No response files: --payload @x is a payload. No bundling: -vq is not two options.
    private static ParseResult Parse(RootCommand root, string[] args)
        => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

    private RootCommand Root()
    {
        var root = new RootCommand("Longhaul: a durable job queue for work that runs for hours.") { _store, _json };
        foreach (var verb in AllVerbs.Create())
            root.Add(verb);
        return root;
    }

    private CliException? Explain(Exception e, CancellationToken stop) => e switch
    {
        CliException cli => cli,
        OperationCanceledException when stop.IsCancellationRequested => new CliException(ExitCode.Interrupted, "interrupted"),
        StoreUnavailableException or StoreBusyException => new CliException(ExitCode.StoreNotReachable, e.Message),
        StoreException or ArgumentException or IOException or UnauthorizedAccessException or NotSupportedException
            => new CliException(ExitCode.Failed, e.Message),
        _ when console.Variable("LONGHAUL_DEBUG") is null => new CliException(ExitCode.Failed, $"{e.GetType().Name}: {e.Message}", "LONGHAUL_DEBUG=1 shows where"),
        _ => null,
    };

    private int Report(CliException error, bool json)
    {
        var message = Secrets.Hide(error.Message);
        console.Error.WriteLine(Shown.Line($"{program}: {message}{(error.Hint is { } hint ? $": {hint}" : "")}"));
        if (json)
            new Printer(console, json).Object(new { error = ErrorView.Of(error, message) });
        console.Out.Flush();
        return error.ExitCode;
    }

    private static bool IsClosedPipe(Exception e)
        => e is IOException { HResult: BrokenPipe or WindowsBrokenPipe or WindowsNoData };

    private const int BrokenPipe = 32;
    private const int WindowsBrokenPipe = unchecked((int)0x8007006D);
    private const int WindowsNoData = unchecked((int)0x800700E8);
}
