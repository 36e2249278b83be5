using Longhaul.Cli.Hosting;
using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Verbs;

internal static class MigrateVerb
{
    public static Verb Create()
    {
        var print = Opt.Flag("--print", "Prints the whole schema as one script, to paste into an editor, and changes nothing.");
        return new Verb("migrate", "Makes the store, or brings it up to date.")
        {
            Group = VerbGroup.Store,
            AlsoKnownAs = ["queue:table", "queue:failed-table"],
            Examples = ["migrate", "migrate --store sqlite:app.db", "migrate --store postgres://app@db.example.com/app", "migrate --print > schema.sql"],
            Run = async (cli, parse, ct) =>
            {
                if (parse.GetValue(print))
                    return PrintScript(cli);

                var store = await cli.MigratedStoreAsync(ct).ConfigureAwait(false);
                if (cli.Json)
                    cli.Print.Object(new { driver = store.Info.Driver, store = store.Info.Address, upToDate = true });
                else
                    cli.Print.Line($"{store.Info.Address} is up to date");
                return ExitCode.Done;
            },
        }.With(print);
    }

    private static int PrintScript(CliContext cli)
    {
        // Not opened: the script is wanted where there is no store yet.
        var store = cli.Services(create: true).NewStore();
        var script = store.SchemaScript;
        if (cli.Json)
            cli.Print.Object(new { driver = store.Info.Driver, script });
        else if (script.Length == 0)
            cli.Print.Note($"{store.Info.Address} has no schema.");
        else
            cli.Console.Out.WriteLine(script.TrimEnd());
        return ExitCode.Done;
    }
}
