using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Testing;

/// <summary>A job that the run enqueued.</summary>
public sealed class JobTestChild
{
    private readonly NewJob _job;

    internal JobTestChild(NewJob job) => _job = job;

    /// <summary>Its id, as the handler got it.</summary>
    public JobId Id => _job.Id;

    /// <summary>The job name.</summary>
    public string Name => _job.Name;

    /// <summary>The queue.</summary>
    public string Queue => _job.Queue;

    /// <summary>0 first … 255 last.</summary>
    public byte Priority => _job.Priority;

    /// <summary>Due so long after the write.</summary>
    public TimeSpan Delay => _job.Delay;

    /// <summary>Due at this moment.</summary>
    public DateTimeOffset? RunAt => _job.RunAt;

    /// <summary>Its unique key.</summary>
    public string? UniqueKey => _job.Unique?.Key;

    /// <summary>Whose job it is.</summary>
    public string? Owner => _job.Owner;

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags => _job.Tags;

    /// <summary>The description for people.</summary>
    public string? Description => _job.Description;

    /// <summary>The payload, read from its JSON.</summary>
    public T PayloadAs<T>() => JsonSerializer.Deserialize<T>(_job.Payload.Span, JobJson.Options)!;
}
