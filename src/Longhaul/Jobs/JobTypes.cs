using System.Collections.Concurrent;

namespace Longhaul.Jobs;

/// <summary>The payload types of this program, each read once.</summary>
internal sealed class JobTypes
{
    private readonly ConcurrentDictionary<Type, JobType> _types = new();

    /// <summary>The type as a job.</summary>
    /// <exception cref="ArgumentException">It is none; the message says what to do.</exception>
    public JobType Get(Type type) => _types.TryGetValue(type, out var known) ? known : Add(type);

    /// <summary>The type as a job, or null with what is wrong in <paramref name="problems"/>.</summary>
    public JobType? TryGet(Type type, List<string> problems)
    {
        if (_types.TryGetValue(type, out var known))
            return known;
        return JobTypeReader.Read(type, problems) is { } read ? _types.GetOrAdd(type, read) : null;
    }

    private JobType Add(Type type)
    {
        var problems = new List<string>();
        return TryGet(type, problems) ?? throw new ArgumentException(string.Join(' ', problems));
    }
}
