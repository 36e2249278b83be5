using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using StorageMigration.Web;

namespace StorageMigration.Tests.Web;

/// <summary>The application with the tests' own commands, as a process: <c>site</c> serves and works, <c>worker</c> only works, a command's name runs that command.</summary>
internal static partial class TestProgram
{
    public const string Site = "site";
    public const string Worker = "worker";

    public static bool IsFor(string[] args) => args is [Site or Worker] || (args is [var name, ..] && CommandName.IsMatch(name));

    public static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case [Site]:
                DieWithParent();
                await using (var site = MigrationSite.Build(static builder => TestCommands.Add(builder)))
                    await site.RunAsync();
                return 0;
            case [Worker]:
                DieWithParent();
                using (var worker = MigrationApp.Build(static builder => TestCommands.Add(builder)))
                    await worker.RunAsync();
                return 0;
            default:
                return await global::StorageMigration.EntryPoint.RunCommandAsync(args[0], args[1..], static builder => TestCommands.Add(builder));
        }
    }

    /// <summary>The test holds the other end of the standard input: when that closes, the test is gone, and nobody would end this process.</summary>
    private static void DieWithParent()
        => new Thread(static () =>
        {
            while (Console.OpenStandardInput().ReadByte() >= 0)
            {
                // Nothing is ever written.
            }

            Process.GetCurrentProcess().Kill();
        })
        { IsBackground = true }.Start();

    [GeneratedRegex("^[a-z][a-z0-9-]*(/[a-z0-9-]+)+$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex CommandName { get; }
}
