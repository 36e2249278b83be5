using Longhaul;
using PhotoIngest.Demo;

namespace PhotoIngest;

internal static class EntryPoint
{
    /// <summary><c>demo …</c>, <c>confirm …</c>, every verb of Longhaul's command line; without a verb, a worker.</summary>
    private static Task<int> Main(string[] args) => args switch
    {
        ["demo", .. var rest] => DemoCommand.RunAsync(rest),
        ["confirm", .. var uuids] => ConfirmCommand.RunAsync(uuids),
        [WorkerProcesses.Verb] => WorkerProcesses.RunAsync(),
        _ => PhotoApp.Build().RunLonghaulAsync(args),
    };
}
