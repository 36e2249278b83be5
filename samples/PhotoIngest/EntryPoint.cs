using Longhaul;
using PhotoIngest.Demo;
using PhotoIngest.Web;

namespace PhotoIngest;

internal static class EntryPoint
{
    private static readonly (string, string?) TellWhereItListens = ("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Information");

    /// <summary><c>demo …</c>, <c>confirm …</c>, every verb of Longhaul's command line; without a verb, the pages and a worker.</summary>
    private static Task<int> Main(string[] args) => args switch
    {
        ["demo", .. var rest] => DemoCommand.RunAsync(rest),
        ["confirm", .. var uuids] => ConfirmCommand.RunAsync(uuids),
        [WorkerProcesses.Verb] => WorkerProcesses.RunAsync(),
        _ => PhotoSite.Build(TellWhereItListens).RunLonghaulAsync(args),
    };
}
