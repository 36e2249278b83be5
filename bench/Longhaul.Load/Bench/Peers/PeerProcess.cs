using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Load.Bench.Postgres;

namespace Longhaul.Load.Bench.Peers;

/// <summary>A peer as a process of its own: orders and answers are lines of JSON (see <c>bench/peers/peer.mjs</c>).</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly Process _process;
    private readonly string _name;

    private PeerProcess(string name, Process process) => (_name, _process) = (name, process);

    /// <summary>Starts it on a database, in which it makes its tables.</summary>
    public static async Task<PeerProcess> StartAsync(Peer peer, PostgresDatabase database)
    {
        var start = peer.Script is { } script
            ? new ProcessStartInfo("node", [Path.Combine(Folder, script), database.Url])
            : new ProcessStartInfo("dotnet", [typeof(PeerProcess).Assembly.Location, "bench", ChildProcess.Verb, peer.Name, database.ConnectionString]);
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        var started = new PeerProcess(peer.Name, Process.Start(start)!);
        await started.DoAsync("setup");
        return started;
    }

    public static string Folder => Path.Combine(Repository.Root ?? throw new InvalidOperationException("Peers are measured from within the repository."), "bench", "peers");

    /// <summary>Has it do something, and reads what it says to that.</summary>
    public async Task<JsonNode> DoAsync(string what, params (string Name, double Value)[] arguments)
    {
        await TellAsync(what, arguments);
        return await HearAsync(what);
    }

    public async Task TellAsync(string what, params (string Name, double Value)[] arguments)
    {
        var order = new JsonObject { ["do"] = what };
        foreach (var (name, value) in arguments)
            order[name] = value;
        await _process.StandardInput.WriteLineAsync(order.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    public async Task<JsonNode> HearAsync(string about)
    {
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{_name} should have answered '{about}' within {Patience}.", e);
        }

        try
        {
            return JsonNode.Parse(line ?? throw new InvalidOperationException($"{_name} ended while it was to do '{about}'."))!;
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{_name} should have answered '{about}' in JSON, but said '{line}'."), e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close(); // which ends it
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }
}
