using System.Diagnostics;
using PhotoIngest.Imaging;

namespace PhotoIngest.Demo;

/// <summary>Further workers, each a process of its own. They end when this one does, however it ends: their standard input is closed then.</summary>
internal sealed class WorkerProcesses : IAsyncDisposable
{
    /// <summary>The verb by which this program is such a worker.</summary>
    public const string Verb = "demo-worker";

    private readonly List<Process> _workers = [];

    public static WorkerProcesses Start(int count, string root, string storeUrl)
    {
        var processes = new WorkerProcesses();
        for (var i = 0; i < count; i++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(WorkerProcesses).Assembly.Location, Verb]) { RedirectStandardInput = true };
            start.Environment["Photos__Root"] = root;
            start.Environment["LONGHAUL_STORE"] = storeUrl;
            start.Environment["Logging__LogLevel__Default"] = "None";
            processes._workers.Add(ToolProcess.Start(start));
        }

        return processes;
    }

    /// <summary>Is such a worker, until standard input ends.</summary>
    public static async Task<int> RunAsync()
    {
        using var host = PhotoApp.Build();
        await host.StartAsync();
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
        return 0;
    }

    /// <summary>Tells them to stop in order, and waits.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            worker.StandardInput.Close();
        foreach (var worker in _workers)
        {
            await worker.WaitForExitAsync(CancellationToken.None);
            worker.Dispose();
        }

        _workers.Clear();
    }
}
