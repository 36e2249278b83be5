using System.Globalization;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Longhaul.AspNetCore.Events;

/// <summary>Writes a client's events to it. One that does not take them is cut off, and comes back with <c>Last-Event-ID</c>.</summary>
internal static class EventStream
{
    /// <summary>The server copies what one call writes before it waits for the client: a large event goes in parts, or each client would hold a copy of it.</summary>
    private const int Part = 16 << 10;

    private static readonly TimeSpan KeepAliveEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WritesWithin = TimeSpan.FromSeconds(20);

    public static async Task SendAsync(HttpContext context, LonghaulHttp http, EventClient client, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, http.Events.Stopping);
        var watching = Task.CompletedTask;
        try
        {
            await http.Events.AddAsync(client, LastId(context.Request), ends.Token).ConfigureAwait(false);
            Begin(context);
            await WriteAsync(context, http, EventFrame.Retry, ends.Token).ConfigureAwait(false);
            if (Caller.Of(context).Session is { } session)
                watching = EndWithAsync(session, http, ends);
            while (!client.IsLost)
            {
                var frames = await client.TakeAsync(KeepAliveEvery, http.Time, ends.Token).ConfigureAwait(false);
                if (frames.Count == 0)
                    await WriteAsync(context, http, EventFrame.KeepAlive, ends.Token).ConfigureAwait(false);
                foreach (var frame in frames)
                    await WriteAsync(context, http, frame.Bytes, ends.Token).ConfigureAwait(false);
            }

            context.Abort();
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && context.Response.HasStarted)
        {
            // It has gone, its session has ended, or the host stops.
        }
        finally
        {
            http.Events.Remove(client);
            await ends.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    /// <summary>Ends the stream when the session does by which it was opened.</summary>
    private static async Task EndWithAsync(Session session, LonghaulHttp http, CancellationTokenSource ends)
    {
        try
        {
            await http.EndedSessions.WaitForAsync(session, ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // It had ended before.
        }
        finally
        {
            await ends.CancelAsync().ConfigureAwait(false); // also when something went wrong: a stream that nobody watches does not go on
        }
    }

    private static long? LastId(HttpRequest request)
        => request.Headers["Last-Event-ID"] is [{ } text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private static void Begin(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering(); // so would compression
    }

    // A write waits while the client's buffers are full.
    private static async Task WriteAsync(HttpContext context, LonghaulHttp http, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(WritesWithin, http.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            for (var at = 0; at < bytes.Length; at += Part)
                await context.Response.Body.WriteAsync(bytes.Slice(at, Math.Min(Part, bytes.Length - at)), either.Token).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            context.Abort();
            throw;
        }
    }
}
