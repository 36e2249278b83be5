using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace StorageMigration.Tests.Web;

/// <summary>The application, or a worker of it, as a process that can be killed.</summary>
internal sealed class SiteProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _said;

    private SiteProcess(string verb, string root, int port)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        // The runner may be `dotnet` with this program as its argument, or this program itself.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(SiteProcess).Assembly.Location);
        start.ArgumentList.Add(verb);
        start.Environment["Migration__Root"] = root;
        start.Environment["Migration__Port"] = $"{port}";
        start.Environment["LONGHAUL_STORE"] = Site.StoreIn(root);
        _process = Process.Start(start)!;
        _said = SaidAsync(_process);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static SiteProcess Worker(string root) => new(TestProgram.Worker, root, port: 0);

    /// <summary>Serves and works; answers when this returns.</summary>
    public static async Task<SiteProcess> SiteAsync(string root, int port)
    {
        var site = new SiteProcess(TestProgram.Site, root, port);
        using var client = new HttpClient();
        await Site.UntilAsync(async () =>
        {
            try
            {
                site._process.HasExited.ShouldBeFalse("it ended before it answered");
                return (await client.GetAsync(new Uri(AddressAt(port)), Cancel)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, static answers => answers, "the site to answer");
        return site;
    }

    public static string AddressAt(int port) => $"http://127.0.0.1:{port}/";

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>As <c>kill -9</c>: it can say nothing any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        var said = await _said;
        if (_process.ExitCode is not (0 or 137))
            TestContext.Current.TestOutputHelper?.WriteLine($"A process ended with exit code {_process.ExitCode}. {said}");
        _process.Dispose();
    }

    private static async Task<string> SaidAsync(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        return await process.StandardError.ReadToEndAsync() + await output;
    }
}
