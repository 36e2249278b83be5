using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>Many who follow live events at once, some of whom never read. Also the campaign's.</summary>
internal sealed class EventCrowd : IAsyncDisposable
{
    private const int SmallBuffer = 4 << 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _silent = [];
    private readonly List<HttpClient> _clients = [];
    private Task[] _reading = [];
    private int _lost;

    /// <summary>How many of those who read have lost their stream.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <param name="address">Of the host.</param>
    /// <param name="path">What they follow.</param>
    /// <param name="readers">How many read.</param>
    /// <param name="silent">How many ask and then never read.</param>
    /// <param name="heard">Is given the number of a reader, the event's name and its data.</param>
    /// <param name="header">A header of each request: <c>Name: value</c>.</param>
    public static async Task<EventCrowd> OpenAsync(IPEndPoint address, string path, int readers, int silent, Action<int, string, string> heard, string? header = null)
    {
        var crowd = new EventCrowd();
        for (var i = 0; i < silent; i++)
            crowd._silent.Add(await AskAsync(address, path, header, crowd._stop.Token));
        var streams = new List<Stream>();
        for (var i = 0; i < readers; i++)
        {
            var client = new HttpClient { BaseAddress = new Uri($"http://{address}") };
            crowd._clients.Add(client);
            if (header?.Split(": ") is [var name, var value])
                client.DefaultRequestHeaders.Add(name, value);
            streams.Add(await client.GetStreamAsync(new Uri(path, UriKind.Relative), crowd._stop.Token));
        }

        crowd._reading = [.. streams.Select((stream, reader) => Task.Run(() => crowd.ReadAsync(stream, (name, data) => heard(reader, name, data))))];
        return crowd;
    }

    /// <summary>How many of the silent have been cut off: what was sent before still comes, then the end.</summary>
    public int CutOff() => _silent.Count(IsCut);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_reading);
        foreach (var client in _clients)
            client.Dispose();
        foreach (var socket in _silent)
            socket.Dispose();
        _stop.Dispose();
    }

    private static async Task<Socket> AskAsync(IPEndPoint address, string path, string? header, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = SmallBuffer };
        await socket.ConnectAsync(address, cancellationToken);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {address}\r\n{(header is null ? "" : header + "\r\n")}\r\n"), cancellationToken);
        return socket;
    }

    private static bool IsCut(Socket socket)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead))
            {
                if (socket.Receive(buffer) == 0)
                    return true;
            }

            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private async Task ReadAsync(Stream stream, Action<string, string> heard)
    {
        using var reader = new StreamReader(stream);
        var name = "";
        try
        {
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                    name = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                    heard(name, line[6..]);
            }

            Interlocked.Increment(ref _lost);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It was enough.
        }
        catch (IOException)
        {
            Interlocked.Increment(ref _lost);
        }
    }
}
