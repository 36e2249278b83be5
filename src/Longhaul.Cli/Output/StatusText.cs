using Longhaul.Cli.Status;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>Queues and workers in words, the same in <c>info</c>, <c>workers</c> and <c>monitor</c>.</summary>
internal static class StatusText
{
    public static readonly IReadOnlyList<Column> QueueColumns =
    [
        "Queue", new("Waiting", Right: true), new("Delayed", Right: true, From: 60), new("Reserved", Right: true, From: 50), new("Failed", Right: true),
        new("Done", Right: true, From: 70), new("Oldest due", From: 80),
    ];

    public static readonly IReadOnlyList<Column> WorkerColumns =
    [
        "Worker", "State", new("Host", From: 100), new("Pid", Right: true, From: 60), new("Running", Right: true), new("Queues", From: 80),
        new("Heard of", From: 60), new("Started", From: 80),
    ];

    public static string Colour(Badge badge) => badge switch
    {
        Badge.Processing => "green",
        Badge.Idle => "blue",
        Badge.Stalled => "red",
        Badge.Pending => "yellow",
        _ => "grey",
    };

    public static Cell[] QueueRow(QueueCounts queue, TimeProvider time) =>
    [
        new(queue.Paused ? queue.Queue + " (paused)" : queue.Queue, queue.Queue, queue.Paused ? "magenta" : null),
        queue.Waiting, queue.Delayed, queue.Reserved, queue.Failed > 0 ? new Cell(Amount.Number(queue.Failed), Amount.Plain(queue.Failed), "red") : 0, queue.Done,
        queue.OldestDue is { } oldest ? new(When.Relative(oldest, time), When.Plain(oldest)) : default,
    ];

    public static Cell[] WorkerRow(WorkerInfo worker, TimeProvider time) =>
    [
        worker.Worker.Name, State(worker.State), worker.Worker.HostName, new(worker.Worker.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new($"{worker.Running}/{worker.Worker.Concurrency}"), worker.Worker.Queues is { } queues ? string.Join(',', queues) : "all",
        new(When.Relative(worker.LastBeatAt, time), When.Plain(worker.LastBeatAt)), new(When.Relative(worker.StartedAt, time), When.Plain(worker.StartedAt)),
    ];

    private static Cell State(WorkerState state) => state switch
    {
        WorkerState.Active => new("active", Colour: "green"),
        WorkerState.Quiet => new("quiet", Colour: "yellow"),
        WorkerState.Stopping => new("stopping", Colour: "yellow"),
        WorkerState.Dead => new("dead", Colour: "red"),
        _ => new("gone", Colour: "grey"),
    };
}
