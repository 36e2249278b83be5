using Longhaul.Dashboard.Tests.Pictures;
using Xunit.Runner.InProc.SystemConsole;

namespace Longhaul.Dashboard.Tests;

/// <summary>The program is its own worker, so that one can be killed, and takes the pictures of the documentation; all else is for the test runner.</summary>
internal static class EntryPoint
{
    private static Task<int> Main(string[] args) => args switch
    {
        [WorkerProgram.Verb, var file, var name] => WorkerProgram.RunAsync(file, name),
        [PicturesProgram.Verb, var folder, .. var rest] => PicturesProgram.RunAsync(folder, rest),
        _ => ConsoleRunner.Run(args),
    };
}
