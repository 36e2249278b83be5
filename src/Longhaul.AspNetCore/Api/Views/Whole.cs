using System.Text.Json.Serialization;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api.Views;

/// <summary>All queues.</summary>
internal sealed record QueuesView(IReadOnlyList<QueueView> Items, IReadOnlyList<UnhandledView> Unhandled);

/// <summary>A queue.</summary>
internal sealed record QueueView(
    string Name, bool Paused, int Rank, long Due, long Scheduled, long Waiting, long Running, long PausedJobs, long Completed, long Failed, long Cancelled,
    DateTimeOffset? OldestDue, double? AgeSeconds)
{
    public static QueueView Of(QueueInfo queue, DateTimeOffset now) => new(
        queue.Name, queue.Paused, QueueRank.Of(queue.Name), queue.Due, queue.Scheduled, queue.Waiting, queue.Running, queue.PausedJobs, queue.Completed,
        queue.Failed, queue.Cancelled, queue.OldestDue, queue.OldestDue is { } due ? Math.Max(0, (now - due).TotalSeconds) : null);
}

/// <summary>A job name without a worker.</summary>
internal sealed record UnhandledView(string Name, string Queue, long Due, DateTimeOffset OldestDue)
{
    public static UnhandledView Of(UnhandledName name) => new(name.Name, name.Queue, name.Due, name.OldestDue);
}

/// <summary>A worker.</summary>
internal sealed record WorkerView(
    string Id, string Name, string Host, int ProcessId, WorkerState State, IReadOnlyList<string>? Queues, IReadOnlyList<string> Names, int Running,
    int Concurrency, DateTimeOffset StartedAt, DateTimeOffset LastBeatAt, DateTimeOffset LeaseEndsAt, string? Version, string? Group)
{
    public static WorkerView Of(WorkerInfo info) => new(
        info.Worker.Session.ToString(), info.Worker.Name, info.Worker.HostName, info.Worker.ProcessId, info.State, info.Worker.Queues, info.Worker.Names,
        info.Running, info.Worker.Concurrency, info.StartedAt, info.LastBeatAt, info.LeaseEndsAt, info.Worker.Version,
        info.Worker.Group is { } group ? new SessionId(group).ToString() : null);
}

/// <summary>How the whole is, in the seeds' shape.</summary>
internal sealed record StatusView(HorizonView Horizon, StatusJobsView Jobs, StatusWorkerView Worker, [property: JsonPropertyName("updated_at")] DateTimeOffset UpdatedAt);

/// <summary>Whether a parent of several workers runs.</summary>
internal sealed record HorizonView(bool Installed, string Status);

/// <summary>The counts of the status; null where the store does not answer.</summary>
internal sealed record StatusJobsView(
    string Driver, long? Pending, long? Reserved, long? Failed,
    [property: JsonPropertyName("matching_pending"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MatchingPending);

/// <summary>The badge.</summary>
internal sealed record StatusWorkerView(string Status, [property: JsonPropertyName("likely_running")] bool LikelyRunning, string Hint, string Color);

/// <summary>Figures over a time.</summary>
internal sealed record StatsView(int Window, int Step, IReadOnlyList<StatsPointView> Points);

/// <summary>Figures of one step.</summary>
internal sealed record StatsPointView(
    DateTimeOffset At, long Completed, long Failed, long Cancelled, long Due, long Running, double OldestDueSeconds,
    double? StartP50, double? StartP95, double? RunP50, double? RunP95);

/// <summary>The store.</summary>
internal sealed record StoreView(string Driver, string Address, IReadOnlyList<string> Capabilities, IReadOnlyList<string> Problems, IReadOnlyList<FigureView> Figures);

/// <summary>How much room a part of the store takes.</summary>
internal sealed record FigureView(string Name, long Bytes);

/// <summary>The caller. <c>Session</c>: whether a browser's session let it in, which it can end.</summary>
internal sealed record MeView(string User, string? Owner, IReadOnlyList<string> Roles, IReadOnlyList<HandlerView> Handlers, string Version, string AntiForgeryHeader, bool Session);

/// <summary>A job name that this host handles.</summary>
internal sealed record HandlerView(string Name, string Queue);
