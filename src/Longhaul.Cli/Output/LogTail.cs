using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>The end of a log, and then what comes.</summary>
/// <remarks>The store gives the last n lines but not "those after line x", so each look asks for more until it meets a line that it has seen.</remarks>
internal sealed class LogTail(IJobReader store, LogFilter filter)
{
    private const int LookBack = 200;
    private const int MostLookedBack = 100_000;

    private long _seen = -1;

    /// <summary>The last lines.</summary>
    public async Task<IReadOnlyList<LogRecord>> LastAsync(int count, CancellationToken cancellationToken)
    {
        // At least one, so that it is known where "what comes" begins.
        var lines = await ReadAsync(Math.Max(1, count), cancellationToken).ConfigureAwait(false);
        _seen = lines.Count > 0 ? lines[^1].Sequence : _seen;
        return count == 0 ? [] : lines;
    }

    /// <summary>The lines since the last call.</summary>
    public async Task<IReadOnlyList<LogRecord>> NewAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<LogRecord> lines;
        var look = LookBack;
        do
        {
            lines = await ReadAsync(look, cancellationToken).ConfigureAwait(false);
            look *= 8;
        }
        while (lines.Count >= look / 8 && lines[0].Sequence > _seen + 1 && look <= MostLookedBack);

        var fresh = lines.Where(line => line.Sequence > _seen).ToArray();
        if (fresh.Length > 0)
            _seen = fresh[^1].Sequence;
        return fresh;
    }

    private async Task<IReadOnlyList<LogRecord>> ReadAsync(int last, CancellationToken cancellationToken)
    {
        var lines = new List<LogRecord>();
        var wanted = filter with { Last = last };
        var pages = Pages.WalkAsync((request, ct) => store.ListLogsAsync(wanted, request, ct), last, null, cancellationToken);
        await foreach (var page in pages.ConfigureAwait(false))
            lines.AddRange(page.Items);
        return lines;
    }
}
