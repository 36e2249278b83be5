using System.Text.Json;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>A server-sent event.</summary>
internal sealed record Heard(string Name, long Id, JsonElement Data);

/// <summary>Listens to a stream of events as a browser does.</summary>
internal sealed class EventListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventListener(HttpResponseMessage response, Stream stream) => (_response, _reader) = (response, new StreamReader(stream));

    public HttpResponseMessage Response => _response;

    public static Task<EventListener> OpenAsync(HttpClient client, string path, long? lastId = null) => OpenAsync(client, new Uri(Web.Api(path), UriKind.Relative), lastId);

    public static async Task<EventListener> OpenAsync(HttpClient client, Uri address, long? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (lastId is { } id)
            request.Headers.Add("Last-Event-ID", $"{id}");
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(200);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new EventListener(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The next event that is wanted; others are passed over.</summary>
    public async Task<Heard> NextAsync(string what, Func<Heard, bool> wanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            while (true)
            {
                if (await ReadAsync(limit.Token) is { } heard && wanted(heard))
                    return heard;
            }
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Within {Patience} there was to be an event: {what}.", e);
        }
    }

    public Task<Heard> NextAsync(string name) => NextAsync(name, heard => heard.Name == name);

    public Task<Heard> JobAsync(JobId id, string state) => NextAsync($"job {id} {state}", heard => heard.Name == "job" && heard.Data.Number("id") == id.Value && heard.Data.Text("state") == state);

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _response.Dispose();
        await Task.CompletedTask;
    }

    private async Task<Heard?> ReadAsync(CancellationToken cancellationToken)
    {
        string? name = null, data = null;
        var id = 0L;
        while (true)
        {
            var line = await _reader.ReadLineAsync(cancellationToken) ?? throw new EndOfStreamException("The stream of events has ended.");
            if (line.Length == 0)
                return name is null ? null : new Heard(name, id, JsonDocument.Parse(data!).RootElement);
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = long.Parse(line[4..], System.Globalization.CultureInfo.InvariantCulture);
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
        }
    }
}
