namespace Longhaul.Postgres;

/// <summary>A queue and a job name, which the schema keeps as one small number.</summary>
internal sealed record Lane(int Id, int QueueId, string Queue, string Name);
