using System.Diagnostics;
using System.Text.Json;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>Makes new jobs of payloads: finds the name, checks every limit, writes the JSON, merges what the attribute and the call say.</summary>
internal sealed class JobMaker(JobTypes types, LonghaulOptions options, SecretNames secretNames)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<JobType, JobTemplate> _plain = new();

    public JobType TypeOf<TJob>(TJob job) where TJob : notnull
    {
        if (job is null)
            throw new ArgumentNullException(nameof(job));
        return types.Get(job.GetType());
    }

    /// <summary>What jobs of the type have in common under these options.</summary>
    /// <exception cref="ArgumentException">An option does not hold.</exception>
    public JobTemplate TemplateFor(JobType type, EnqueueOptions? enqueue)
    {
        if (enqueue is null)
            return _plain.TryGetValue(type, out var known) ? known : _plain.GetOrAdd(type, Template(type, new EnqueueOptions()));
        EnqueueCheck.Check(enqueue);
        return Template(type, enqueue);
    }

    /// <summary>For a job of which only the name is known.</summary>
    public JobTemplate TemplateFor(string name, EnqueueOptions? enqueue)
    {
        enqueue ??= new EnqueueOptions();
        EnqueueCheck.Check(enqueue);
        return Template(name, null, enqueue);
    }

    /// <summary>The payload as JSON.</summary>
    /// <exception cref="ArgumentException">It does not serialise, or is over the limit.</exception>
    public static byte[] Serialize<TJob>(JobType type, TJob job) where TJob : notnull
    {
        byte[] json;
        try
        {
            json = JsonSerializer.SerializeToUtf8Bytes(job, type.Json);
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException)
        {
            throw Unwritable(type, e);
        }

        CheckSize(type.Name, json.Length);
        return json;
    }

    public static void CheckSize(string name, int bytes)
    {
        if (bytes > JobLimits.PayloadBytes)
        {
            throw new ArgumentException(
                $"The payload of job \"{name}\" must be at most {JobLimits.PayloadBytes:N0} bytes of JSON, but has {bytes:N0}. " +
                "Put large data into a file or table and its key into the payload.");
        }
    }

    /// <summary>The W3C <c>traceparent</c> of the caller, so that the job's trace continues it.</summary>
    public static string? TraceParent() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    // A getter's or converter's own message may quote the data, so it is neither told nor kept as the inner exception;
    // these two kinds are the serialiser's and name types and members.
    private static ArgumentException Unwritable(JobType type, Exception error)
    {
        var why = error is NotSupportedException or JsonException { InnerException: null }
            ? error.Message.Split('\n')[0].TrimEnd('.') + "."
            : $"it threw {error.GetType()}.";
        return new ArgumentException(
            $"The payload of job \"{type.Name}\" must be data that System.Text.Json can write, but {type.Type} is not: {why} " +
            "Keep to plain values, lists and records, or mark what does not belong in it with [JsonIgnore].");
    }

    private JobTemplate Template(JobType type, EnqueueOptions enqueue) => Template(type.Name, type, enqueue);

    private JobTemplate Template(string name, JobType? type, EnqueueOptions enqueue)
    {
        var description = enqueue.Description is { } text ? DescriptionTemplate.Parse(text) : type?.Description;
        var common = new NewJob
        {
            Id = default,
            Nonce = 0,
            Name = name,
            Queue = enqueue.Queue ?? type?.Queue ?? options.DefaultQueue,
            Payload = default,
            PayloadVersion = type?.Version ?? 1,
            Priority = enqueue.Priority ?? type?.Priority ?? JobDefaults.Priority,
            Delay = enqueue.Delay ?? TimeSpan.Zero,
            RunAt = enqueue.RunAt,
            Policy = Policy(type?.Policy, enqueue),
            Owner = enqueue.Owner,
            Tags = enqueue.Tags is { Count: > 0 } tags ? [.. tags.Distinct(StringComparer.Ordinal)] : [],
            Unique = enqueue.UniqueKey is { } key ? new UniqueKey(key, enqueue.UniqueScope, enqueue.UniqueFor ?? TimeSpan.Zero) : null,
            ContinueFrom = enqueue.ContinueFrom,
        };
        return new JobTemplate(common, description, secretNames.For(type));
    }

    private static JobPolicy? Policy(JobPolicy? attribute, EnqueueOptions o)
    {
        var call = new JobPolicy
        {
            MaxAttempts = o.MaxAttempts ?? attribute?.MaxAttempts,
            RetryDelay = o.RetryDelay ?? attribute?.RetryDelay,
            MaxRetryDelay = o.MaxRetryDelay ?? attribute?.MaxRetryDelay,
            RetryJitter = o.RetryJitter ?? attribute?.RetryJitter,
            Timeout = o.Timeout ?? attribute?.Timeout,
            ShutdownTimeout = o.ShutdownTimeout ?? attribute?.ShutdownTimeout,
            StallAfter = o.StallAfter ?? attribute?.StallAfter,
            MaxLostRuns = o.MaxLostRuns ?? attribute?.MaxLostRuns,
            Retention = o.Retention ?? attribute?.Retention,
        };
        if (PolicyCheck.Problem(call) is { } problem)
            throw new ArgumentException(problem);
        return call == attribute || call == new JobPolicy() ? attribute : call;
    }
}
