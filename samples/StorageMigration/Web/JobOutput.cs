using System.Text;
using Longhaul;
using Longhaul.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace StorageMigration.Web;

/// <summary>Reads the lines of a job as they are stored, from whatever worker, to the job's end.</summary>
internal sealed class JobOutput(IJobStore store, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int PageLength = 1_000;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RestAfterTrouble = TimeSpan.FromSeconds(1);

    /// <summary>Sends the lines as the answer. Returns when the job has ended, the caller has gone, or the application stops.</summary>
    public async Task StreamAsync(JobId job, HttpContext http, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var response = http.Response;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // a proxy is not to wait for more, either
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // A caller who reads slowly must not keep us from reading: the store holds the last 10,000 lines only.
        using var spool = new Spool();
        try
        {
            await response.StartAsync(stop.Token);
            await response.Body.FlushAsync(stop.Token);
            await Task.WhenAll(
                OrStopAsync(ReadToEndAsync(job, spool, stop.Token), stop),
                OrStopAsync(SendAsync(spool, response, stop.Token), stop));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && stop.IsCancellationRequested)
        {
            // The caller has gone, or the application stops. The job goes on.
        }
    }

    /// <summary>Hands on each line of a job once, in order, to its end.</summary>
    public async Task FollowAsync(JobId job, Func<IEnumerable<string>, ValueTask> take, CancellationToken cancellationToken)
    {
        var at = new Place();
        long? watched = null;
        while (true)
        {
            try
            {
                // Asked before the lines are read: what was stored with the job's end is read then.
                var state = (await store.GetJobAsync(job, cancellationToken))?.State;
                if (state == JobState.Running && (watched is null || time.GetElapsedTime(watched.Value) >= WatchEvery))
                {
                    watched = time.GetTimestamp();
                    await store.WatchAsync(job, cancellationToken);
                }

                while (await ReadAsync(job, at, take, cancellationToken))
                {
                    // There is more.
                }

                if (state is null or JobState.Completed or JobState.Failed or JobState.Cancelled)
                    return;
                await Task.Delay(Rest, time, cancellationToken);
            }
            catch (StoreException e) when (e.IsTransient)
            {
                await Task.Delay(RestAfterTrouble, time, cancellationToken);
            }
        }
    }

    /// <returns>Whether there are more.</returns>
    private async Task<bool> ReadAsync(JobId job, Place at, Func<IEnumerable<string>, ValueTask> take, CancellationToken cancellationToken)
    {
        var page = await store.ListLogsAsync(new LogFilter { Job = job }, new PageRequest(PageLength, at.After), cancellationToken);
        var fresh = page.Items.Where(line => line.Sequence > at.Last).ToList();
        if (fresh.Count > 0)
        {
            await take(fresh.Select(static line => line.Line.Text));
            at.Last = fresh[^1].Sequence;
        }

        at.After = page.Next ?? at.After; // the last page is read again until it is full
        return page.Next is not null;
    }

    private static byte[] Encode(IEnumerable<string> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
            text.Append(line).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private async Task ReadToEndAsync(JobId job, Spool spool, CancellationToken cancellationToken)
    {
        await FollowAsync(job, lines => spool.WriteAsync(Encode(lines), cancellationToken), cancellationToken);
        await spool.EndAsync();
    }

    private static async Task SendAsync(Spool spool, HttpResponse response, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        for (int read; (read = await spool.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            await response.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            await response.Body.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Where one of the two ends by an error, the other has nothing left to do.</summary>
    private static async Task OrStopAsync(Task part, CancellationTokenSource stop)
    {
        try
        {
            await part;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    /// <summary>How far the log was read.</summary>
    private sealed class Place
    {
        public string? After { get; set; }

        public long Last { get; set; } = -1;
    }
}
