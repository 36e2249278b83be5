using System.Diagnostics;
using Longhaul.Dashboard.Tests.Pictures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Dashboard.Tests;

/// <summary>A worker of the test jobs as a process of its own: <c>worker FILE NAME</c>.</summary>
internal static class WorkerProgram
{
    public const string Verb = "worker";

    public static async Task<int> RunAsync(string file, string name)
    {
        DieWithParent();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<Stage>();
        builder.Services.AddLonghaul(longhaul => longhaul.UseSqlite(file).AddTestJobs().AddSceneJobs().AddWorker(worker => (worker.Name, worker.Concurrency) = (name, 8)));
        await builder.Build().RunAsync();
        return 0;
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
}
