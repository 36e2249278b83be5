using Longhaul.Cli.Output;
using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Longhaul.Cli.Working;

/// <summary>
/// Tells what a worker does, from what it logs: <c>Processing: NAME</c>, <c>Processed: NAME (0.5s)</c>, <c>Failed: NAME: reason</c>,
/// and the jobs' own lines. On a terminal as it is; elsewhere each line with its time.
/// </summary>
internal sealed class WorkLog(TextWriter output, CliContext cli, bool rich, bool verbose) : ILogger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JobId, string> _reasons = [];
    private readonly LoggerExternalScopeProvider _scopes = new();
    private bool _lost;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => _scopes.Push(state);

    // What tells of runs is logged as Debug, and must come through without -v too.
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        switch (WorkerEvent.Of(eventId, state))
        {
            case { Kind: WorkerEventKind.Began } run:
                Line($"Processing: {run.Name}", "yellow", run.Job);
                break;
            case { Kind: WorkerEventKind.Ended } run:
                Ended(run);
                break;
            case { Kind: WorkerEventKind.Errored } run:
                lock (_lock)
                    _reasons[run.Job] = (exception?.Message ?? "error") + (run.Next is { } next ? $" ({next})" : "");
                break;
            case { Kind: WorkerEventKind.Lifecycle } when logLevel < (verbose ? LogLevel.Debug : rich ? LogLevel.Warning : LogLevel.Information):
                break;
            default:
                if (logLevel >= LogLevel.Information || verbose)
                    Line(exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.GetType().Name}: {exception.Message}", ColourOf(logLevel), JobOfScope());
                break;
        }
    }

    private void Ended(WorkerEvent run)
    {
        string? reason;
        lock (_lock)
            _reasons.Remove(run.Job, out reason);
        var took = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{run.Milliseconds / 1000:0.0##}s");
        var (text, colour) = run.Outcome switch
        {
            Outcome.Completed => ($"Processed:  {run.Name} ({took})", "green"),
            Outcome.Failed or Outcome.Retry => ($"Failed: {run.Name}: {reason ?? "error"}", "red"),
            Outcome.Cancelled => ($"Cancelled: {run.Name} ({took})", "grey"),
            Outcome.Paused => ($"Paused: {run.Name} ({took})", "magenta"),
            _ => ($"Handed back: {run.Name} ({took})", "grey"),
        };
        Line(text, colour, run.Job);
    }

    private void Line(string text, string? colour = null, JobId? job = null)
    {
        lock (_lock)
        {
            try
            {
                foreach (var line in Shown.Lines(text))
                {
                    if (rich)
                        cli.Print.Screen.Write(new Text(line + "\n", colour is null ? Style.Plain : Style.Parse(colour)));
                    else
                        output.WriteLine($"{When.Plain(cli.Time.GetUtcNow())} {(job is { } id ? $"[{id}] " : "")}{line}");
                }

                output.Flush();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The output is a file on a full disk, or a pipe that nobody reads. Whoever logs has jobs to do.
                Lost(e);
            }
        }
    }

    private void Lost(Exception why)
    {
        if (_lost)
            return;
        _lost = true;
        try
        {
            cli.Console.Error.WriteLine($"longhaul: the output cannot be written, lines of it are lost, and work goes on: {why.Message}");
        }
        catch (IOException)
        {
            // Nobody is left to be told.
        }
    }

    /// <summary>The job whose handler writes the line.</summary>
    private JobId? JobOfScope()
    {
        JobId? job = null;
        _scopes.ForEachScope((scope, _) => job = scope is RunScope run && run[0].Value is long id ? new JobId(id) : job, 0);
        return job;
    }

    private static string? ColourOf(LogLevel level) => level switch
    {
        >= LogLevel.Error => "red",
        LogLevel.Warning => "yellow",
        LogLevel.Information => null,
        _ => "grey",
    };
}
