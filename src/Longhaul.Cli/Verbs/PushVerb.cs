using System.CommandLine;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Verbs;

internal static class PushVerb
{
    public static Verb Create()
    {
        var name = new Argument<string>("NAME") { Description = "The job name, such as mail.welcome." };
        var payload = Opt.Text("--payload", "JSON", "The payload; - reads it from standard input. Default {}.");
        var file = Opt.Text("--payload-file", "FILE", "Reads the payload from a file.");
        var options = new EnqueueOptionsParser();
        var verb = new Verb("push", "Enqueues a job.")
        {
            Group = VerbGroup.Jobs,
            Examples =
            [
                """push mail.welcome --payload '{"email":"ann@example.org"}'""",
                "push reports.monthly --payload-file report.json --queue reports --delay 1h30m",
                "jq -c .order order.json | longhaul push orders.ship --payload - --unique order-17 --tag eu --tag rush",
            ],
            Remarks = "Prints the job's id. With --unique, that of the job that is already there.",
            Run = async (cli, parse, ct) =>
            {
                var enqueue = options.Read(parse);
                var json = await PayloadReader.ReadAsync(cli.Console, parse.GetValue(payload), parse.GetValue(file), ct).ConfigureAwait(false);
                await cli.StoreAsync(create: true, ct).ConfigureAwait(false);
                var result = await PushAsync(cli.Services().Longhaul.Client, parse.GetRequiredValue(name), json, enqueue, ct).ConfigureAwait(false);
                if (cli.Json)
                    cli.Print.Object(new { id = result.Id, created = result.Created });
                else if (cli.Print.Rich)
                    cli.Print.Line(result.Created ? $"Pushed {result.Id}" : $"{result.Id} was already there");
                else
                    cli.Print.Line(result.Id.ToString());
                return ExitCode.Done;
            },
        };
        verb.With(name, payload, file);
        options.AddTo(verb);
        return verb;
    }

    private static async Task<EnqueueResult> PushAsync(
        IJobClient client, string name, ReadOnlyMemory<byte> payload, EnqueueOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await client.EnqueueJsonAsync(name, payload, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw CliException.WrongUse(e.Message.Split(" (Parameter", 2)[0]);
        }
    }
}
