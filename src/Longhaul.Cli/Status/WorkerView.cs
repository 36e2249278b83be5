using Longhaul.Storage;

namespace Longhaul.Cli.Status;

/// <summary>A worker as <c>--json</c> shows it.</summary>
internal sealed record WorkerView(
    string Id, string Name, string Host, int ProcessId, WorkerState State, IReadOnlyList<string>? Queues, int Running, int Concurrency,
    DateTimeOffset StartedAt, DateTimeOffset LastBeatAt, DateTimeOffset LeaseEndsAt, string? Version, IReadOnlyList<string> Names)
{
    public static WorkerView Of(WorkerInfo info) => new(
        info.Worker.Session.ToString(), info.Worker.Name, info.Worker.HostName, info.Worker.ProcessId, info.State, info.Worker.Queues, info.Running,
        info.Worker.Concurrency, info.StartedAt, info.LastBeatAt, info.LeaseEndsAt, info.Worker.Version, info.Worker.Names);
}
