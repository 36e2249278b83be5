namespace Longhaul.CrashTests;

internal static class EntryPoint
{
    private static Task<int> Main(string[] args) => Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
}
