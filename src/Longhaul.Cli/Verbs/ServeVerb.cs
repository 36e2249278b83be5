using System.Net;
using System.Security.Cryptography;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Output;
using Longhaul.Cli.Parsing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Longhaul.Cli.Verbs;

/// <summary><c>serve</c>: API and dashboard of a store, in a process of their own; with a worker where settings allow programs to be run as jobs.</summary>
internal static class ServeVerb
{
    private const string Prefix = "/longhaul";
    private const string DefaultUrls = "http://127.0.0.1:5300";
    private const string TokenVariable = "LONGHAUL_TOKEN";

    public static Verb Create()
    {
        var urls = Opt.Text("--urls", "URLS", $"Where to listen; default {DefaultUrls}. Several are separated by ;.");
        var tokenFile = Opt.Text("--token-file", "FILE", $"A file whose first line is the access token; else {TokenVariable}, else one is made and printed.");
        return new Verb("serve", $"Serves API and dashboard of the store under {Prefix}, until it is told to stop.")
        {
            Group = VerbGroup.Watch,
            Examples = ["serve", "serve --urls http://127.0.0.1:8080", "serve --urls http://0.0.0.0:8080 --token-file token"],
            Remarks = """
                Where appsettings.json in the current folder has programs under Longhaul:Processes, it also works: on these, and on nothing else.
                Whoever has the token may do everything. On another address than this machine's own it must be given, by --token-file or the variable;
                put TLS before it then. A browser that was opened with ?token= stays signed in for 7 days at most, 8 hours without a look, or until "Sign out".
                """,
            Run = (cli, parse, ct) => RunAsync(cli, parse.GetValue(urls) ?? DefaultUrls, parse.GetValue(tokenFile), ct),
        }.With(urls, tokenFile);
    }

    private static async Task<int> RunAsync(CliContext cli, string urls, string? tokenFile, CancellationToken cancellationToken)
    {
        var given = Given(cli, tokenFile);
        if (given is null && urls.Split(';').FirstOrDefault(static url => !IsLocal(url)) is { } open)
            throw CliException.WrongUse($"to listen on {open} the access token must be given", $"use --token-file or {TokenVariable}");
        var token = given ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

        var builder = WebApplication.CreateSlimBuilder();
        // Settings that lie about, such as Kestrel__Endpoints__… in the environment, would make it listen where nobody has asked it to.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(); // for what is set below
        builder.Logging.ClearProviders(); // what goes wrong is told by the command line
        builder.WebHost.UseKestrelHttpsConfiguration().UseUrls(urls.Split(';')).ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        cli.AddTo(builder);
        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            _ = app.Services.Longhaul; // says what is wrong with the settings
            Map(app, token);
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            Tell(cli, app.Urls, given is null ? token : null);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cli.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Told to stop.
            }

            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }

    private static void Map(WebApplication app, string token)
    {
        try
        {
            app.MapLonghaul(Prefix).RequireToken(token);
        }
        catch (ArgumentException e)
        {
            throw CliException.WrongUse(e.Message.Split(" (Parameter", 2)[0]);
        }
    }

    private static void Tell(CliContext cli, ICollection<string> urls, string? made)
    {
        var query = made is null ? "" : $"?token={made}";
        if (cli.Json)
            cli.Print.Object(new { urls = urls.Select(url => $"{url}{Prefix}/"), token = made });
        else
            foreach (var url in urls)
                cli.Print.Line($"Dashboard: {url}{Prefix}/{query}");
        cli.Console.Out.Flush();
    }

    private static string? Given(CliContext cli, string? tokenFile)
    {
        if (tokenFile is null)
            return cli.Console.Variable(TokenVariable) is { Length: > 0 } variable ? variable : null;
        return File.ReadLines(tokenFile).FirstOrDefault()?.Trim() is { Length: > 0 } line
            ? line : throw CliException.WrongUse($"the first line of {Shown.Line(tokenFile)} must be the token, but is empty");
    }

    /// <summary>Whether only this machine can reach it. What is no address is left to the server to refuse.</summary>
    private static bool IsLocal(string url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri)
            && (uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));
}
