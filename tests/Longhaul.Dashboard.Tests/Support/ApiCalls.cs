using Microsoft.AspNetCore.Http;

namespace Longhaul.Dashboard.Tests;

/// <summary>
/// What the API was asked and what it answered, such as <c>GET me 200</c>: by pages, and by the workers behind them, which a page's own list of
/// requests does not have. A call is noted at its end, and so is a stream.
/// </summary>
internal sealed class ApiCalls
{
    private const string Above = "/longhaul/api/";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<string> _all = [];
    private TaskCompletionSource _more = NewSignal();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>How many there were so far.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _all.Count;
        }
    }

    /// <summary>Those after the first so many.</summary>
    public string[] After(int first)
    {
        lock (_gate)
            return [.. _all.Skip(first)];
    }

    /// <summary>Waits until each of these is among those after the first so many.</summary>
    public async Task UntilAsync(int first, params string[] wanted)
    {
        while (true)
        {
            Task more;
            lock (_gate)
                more = _more.Task;
            var calls = After(first);
            if (wanted.All(call => calls.Contains(call, StringComparer.Ordinal)))
                return;
            try
            {
                await more.WaitAsync(Patience, TimeProvider.System, Cancel);
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"Waited in vain for {string.Join(", ", wanted.Except(calls, StringComparer.Ordinal))}; there were {string.Join(", ", calls)}.", e);
            }
        }
    }

    public async Task NoteAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Request.Path.Value is { } path && path.StartsWith(Above, StringComparison.Ordinal))
                Note($"{context.Request.Method} {path[Above.Length..]} {context.Response.StatusCode}");
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Note(string call)
    {
        lock (_gate)
        {
            _all.Add(call);
            _more.TrySetResult();
            _more = NewSignal();
        }
    }
}
