using System.Globalization;
using System.Net;
using Longhaul.Proof;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Longhaul.Load.Campaigns.Web;

/// <summary>The API and the dashboard of a store, in a process of their own whose memory and time can be measured.</summary>
internal static class WebProgram
{
    public const string Verb = "web";
    public const string Small = "small";

    /// <summary>So that a client that does not read is felt after kilobytes: what the kernel buffers is not the host's memory.</summary>
    private const int SendBuffer = 16 << 10;

    /// <param name="port">Of 127.0.0.1.</param>
    /// <param name="place">The store, as <see cref="WorkerProgram.StoreOf"/> takes it.</param>
    /// <param name="buffers"><c>small</c>: see <see cref="SendBuffer"/>; else the kernel's own, as pages are sent.</param>
    public static async Task<int> RunAsync(int port, string place, string buffers)
    {
        ProofProgram.DieWithParent();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        if (buffers == Small)
        {
            builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = static endpoint =>
            {
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                socket.SendBufferSize = SendBuffer;
                return socket;
            });
        }

        builder.Services.AddLonghaul(longhaul => longhaul.UseStore(_ => WorkerProgram.StoreOf(place)).AddHttp());
        var app = builder.Build();
        app.MapLonghaul().AllowLocalOnly();
        await app.RunAsync();
        return 0;
    }
}

/// <summary>A <see cref="WebProgram"/> that runs.</summary>
internal sealed class WebHostProcess : IAsyncDisposable
{
    private const int TicksPerSecond = 100; // of Linux, for whoever reads /proc

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ChildProcess _process;

    private WebHostProcess(ChildProcess process, int port) => (_process, Port, Client) = (process, port, new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/longhaul/api/")) });

    public int Port { get; }

    public IPEndPoint Address => new(IPAddress.Loopback, Port);

    public HttpClient Client { get; }

    /// <summary>Memory that it holds now, in MB.</summary>
    public double ResidentMegabytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status").First(static l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1_000;
        }
    }

    /// <summary>What it has used of the processors since it began.</summary>
    public TimeSpan Cpu
    {
        get
        {
            var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromSeconds((double)(long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
        }
    }

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<WebHostProcess> StartAsync(Recorder recorder, string place, bool smallBuffers = false)
    {
        var port = Servers.ServerProcess.FreePort();
        var host = new WebHostProcess(ChildProcess.Start(recorder, "web", [WebProgram.Verb, port.ToString(CultureInfo.InvariantCulture), place, smallBuffers ? WebProgram.Small : "usual"]), port);
        try
        {
            await Until.TrueAsync(host.AnswersAsync, Patience, "the web host to answer");
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException("The web host must run, but has ended.");
        try
        {
            return (await Client.GetAsync("me")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }
}
