using StorageMigration.Tests.Web;
using Xunit.Runner.InProc.SystemConsole;

// Most of these tests wait: for programs, servers, browsers. On two cores more than two at once end sooner.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace StorageMigration.Tests;

/// <summary>The program is also the application with the tests' commands, so that jobs can run them and processes can be killed; all else is for the test runner.</summary>
internal static class EntryPoint
{
    private static Task<int> Main(string[] args)
    {
        // What the tests start lives for seconds: code is not worth being measured there.
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
        return TestProgram.IsFor(args) ? TestProgram.RunAsync(args) : ConsoleRunner.Run(args);
    }
}
