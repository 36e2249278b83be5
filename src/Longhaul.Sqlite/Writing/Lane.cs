namespace Longhaul.Sqlite;

/// <summary>A queue and a job name, which the file keeps as one small number.</summary>
internal sealed record Lane(long Id, long QueueId, string Queue, long NameId, string Name);
