using Longhaul.Proof;
using Xunit.Runner.InProc.SystemConsole;

namespace Longhaul.CrashTests;

/// <summary>The program is its own worker, with and without the command line, and its own producer; all else is for the test runner.</summary>
internal static class EntryPoint
{
    private static Task<int> Main(string[] args) => ProofProgram.Run(args) ?? CommandLineProgram.Run(args) ?? ConsoleRunner.Run(args);
}
