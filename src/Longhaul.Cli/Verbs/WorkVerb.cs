using System.CommandLine;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Parsing;
using Longhaul.Cli.Working;

namespace Longhaul.Cli.Verbs;

/// <summary><c>work</c>, and <c>run</c>, which ends when nothing is due.</summary>
internal static class WorkVerb
{
    private const string ManyName = "worker:multi";
    private const int ManyProcesses = 3;

    private const string Signals = """
        SIGTERM and Ctrl-C end it in order: jobs with safe points are interrupted, others get --shutdown-timeout, what is left is handed back.
        Another one, over a second later, ends it at once. Plain numbers are seconds, or MB.
        """;

    public static Verb Work() => Create(
        "work", "Does the jobs of the queues, until it is told to stop.", untilEmpty: false,
        ["queue:work", "queue/listen", "queue-worker", "worker", "horizon", ManyName],
        ["work", "work --queue critical,high,default", "work emails --concurrency 1", "work --once -v", "work --processes 2 --memory 512 --max-time 1h", "work --long 2 --log-file worker.log"],
        Signals + $"\nUnder the name {ManyName} it is work --processes {ManyProcesses}.");

    public static Verb Run() => Create(
        "run", "Does the jobs that are due, and ends.", untilEmpty: true, ["queue/run"], ["run", "run --queue ingest", "run --max-time 50s"], Signals);

    private static Verb Create(string name, string description, bool untilEmpty, string[] aliases, string[] examples, string remarks)
    {
        var parser = new WorkOptionsParser();
        var verb = new Verb(name, description)
        {
            Group = VerbGroup.Work,
            AlsoKnownAs = aliases,
            Examples = examples,
            Remarks = remarks,
            HandlesSignals = true,
            Run = (cli, parse, ct) => RunAsync(cli, parse, parser, untilEmpty, ct),
        };
        parser.AddTo(verb);
        return verb;
    }

    private static async Task<int> RunAsync(CliContext cli, ParseResult parse, WorkOptionsParser parser, bool untilEmpty, CancellationToken cancellationToken)
    {
        var longhaul = cli.Services(create: true).Longhaul;
        if (longhaul.Registry.Names.Count == 0)
            throw CliException.WrongUse(
                cli.IsAlone ? "this program has no handlers of jobs, so it has nothing to work with" : "this application has no handlers of jobs",
                cli.IsAlone
                    ? "let your application end with 'return await app.RunLonghaulAsync(args);', and run it: dotnet run -- work; or name programs under Longhaul:Processes in appsettings.json"
                    : "add them in AddLonghaul by AddHandler or AddHandlersFromAssembly");

        using var log = WorkOutput.Open(cli, parse.GetValue(parser.LogFile), parse.GetValue(parser.Verbose));
        var processes = parse.GetValue(parser.Processes) ?? (parse.CommandResult.IdentifierToken.Value == ManyName ? ManyProcesses : 1);
        if (processes > 1)
            return await Working.Processes.RunAsync(cli, processes, untilEmpty || parser.EndsByItself(parse), ManyName, log).ConfigureAwait(false);

        var options = cli.Services().WorkerOptions;
        parser.Apply(parse, options);
        options.StopWhenEmpty |= untilEmpty;
        return await WorkerRun.RunAsync(cli, longhaul, options, log, cancellationToken).ConfigureAwait(false);
    }
}
