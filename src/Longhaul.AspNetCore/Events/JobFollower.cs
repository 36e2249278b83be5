using Longhaul.AspNetCore.Api.Views;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Events;

/// <summary>Reads what is new in the log and the traces of a job that somebody follows.</summary>
internal sealed class JobFollower(IJobStore store, JobId job)
{
    private const int Few = 20;
    private const int Lines = 200;
    private const int MostLines = 1_000;
    private const int TracePage = 200;

    private long _line = -1;
    private long _trace = -1;
    private string? _tracesAfter;

    /// <summary>The last lines as those who begin to follow are told them, one for all; null: they have changed since.</summary>
    public EventFrame? Greeting { get; set; }

    /// <summary>When its worker is to be asked again to flush often.</summary>
    public long WatchAgainAt { get; set; }

    /// <summary>The last lines, for somebody who begins to follow.</summary>
    public async Task<IReadOnlyList<LogView>> LastLinesAsync(CancellationToken cancellationToken)
    {
        var page = await LastAsync(Lines, cancellationToken).ConfigureAwait(false);
        return [.. page.Items.Select(LogView.Of)];
    }

    private Task<Page<LogRecord>> LastAsync(int lines, CancellationToken cancellationToken)
        => store.ListLogsAsync(new LogFilter { Job = job, Last = lines }, new PageRequest(lines), cancellationToken);

    public async Task<IReadOnlyList<LogView>> NewLinesAsync(CancellationToken cancellationToken)
    {
        // The store gives the last n lines, but not those after one: mostly few are new, and four times a second all are read again.
        var asked = _line < 0 ? Lines : Few;
        var page = await LastAsync(asked, cancellationToken).ConfigureAwait(false);
        while (_line >= 0 && asked < MostLines && page.Items.Count == asked && page.Items[0].Sequence > _line)
        {
            asked = asked == Few ? Lines : MostLines; // all are new: before them may be more
            page = await LastAsync(asked, cancellationToken).ConfigureAwait(false);
        }

        LogView[] fresh = [.. page.Items.Where(line => line.Sequence > _line).Select(LogView.Of)];
        if (fresh.Length == 0)
            return fresh;
        _line = fresh[^1].Sequence;
        Greeting = null;
        return fresh;
    }

    public async Task<IReadOnlyList<TraceView>> NewTracesAsync(CancellationToken cancellationToken)
    {
        var page = await store.ListTracesAsync(new TraceFilter { Job = job }, new PageRequest(TracePage, _tracesAfter), cancellationToken).ConfigureAwait(false);
        TraceView[] fresh = [.. page.Items.Where(row => row.Sequence > _trace).Select(TraceView.Of)];
        if (fresh.Length > 0)
            _trace = fresh[^1].Sequence;
        _tracesAfter = page.Next ?? _tracesAfter; // the last page is read again until it is full
        return fresh;
    }
}
