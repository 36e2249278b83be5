using System.Reflection;
using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Cli.Working;

/// <summary>A line of the worker's own log, read back.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Job">The job it is about.</param>
internal sealed record WorkerEvent(WorkerEventKind Kind, JobId Job)
{
    private static readonly Dictionary<int, string> Names = typeof(Log)
        .GetMethods(BindingFlags.Static | BindingFlags.Public)
        .Select(static method => (Method: method, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
        .Where(static entry => entry.Message is not null)
        .ToDictionary(static entry => entry.Message!.EventId, static entry => entry.Method.Name);

    /// <summary>The job name.</summary>
    public string Name { get; private init; } = "";

    public Outcome Outcome { get; private init; }

    public double Milliseconds { get; private init; }

    /// <summary>Of an attempt that failed and is not the last: when the next one is due, in words.</summary>
    public string? Next { get; private init; }

    /// <summary>Null: a line of a job or of something else.</summary>
    public static WorkerEvent? Of<TState>(EventId id, TState state)
    {
        if (id.Name is not { } name || !Names.TryGetValue(id.Id, out var known) || known != name
            || state is not IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            return null;
        }

        var job = Value<JobId>(values, "Job");
        return name switch
        {
            nameof(Log.RunBegan) => new(WorkerEventKind.Began, job) { Name = Text(values, "Name") },
            nameof(Log.RunEnded) => new(WorkerEventKind.Ended, job)
            {
                Name = Text(values, "Name"),
                Outcome = Value<Outcome>(values, "Outcome"),
                Milliseconds = Value<double>(values, "Milliseconds"),
            },
            nameof(Log.AttemptFailed) => new(WorkerEventKind.Errored, job)
            {
                Next = $"attempt {Value<int>(values, "Attempt")} of {Value<int>(values, "MaxAttempts")}, next in {Output.When.Span(Value<TimeSpan>(values, "Delay"))}",
            },
            nameof(Log.JobFailed) => new(WorkerEventKind.Errored, job),
            _ => new(WorkerEventKind.Lifecycle, job),
        };
    }

    private static T? Value<T>(IReadOnlyList<KeyValuePair<string, object?>> values, string key)
    {
        foreach (var (name, value) in values)
        {
            if (name.Equals(key, StringComparison.OrdinalIgnoreCase) && value is T found)
                return found;
        }

        return default;
    }

    private static string Text(IReadOnlyList<KeyValuePair<string, object?>> values, string key) => Value<string>(values, key) ?? "";
}

/// <summary>What a worker's log line tells.</summary>
internal enum WorkerEventKind
{
    /// <summary>A run begins.</summary>
    Began,

    /// <summary>Why the run that is about to end failed.</summary>
    Errored,

    /// <summary>A run ended.</summary>
    Ended,

    /// <summary>Something about the worker itself.</summary>
    Lifecycle,
}
