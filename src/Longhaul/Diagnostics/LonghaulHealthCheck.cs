using System.Globalization;
using Longhaul.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Longhaul;

/// <summary>
/// Says whether the queue works: the store answers, due work is not left lying, and no queue is older than it may be.
/// Add it by <c>services.AddHealthChecks().AddCheck&lt;LonghaulHealthCheck&gt;("longhaul")</c>.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="options">The limits; null: the defaults.</param>
/// <param name="time">Compared with due times; null: the system's.</param>
public sealed class LonghaulHealthCheck(IJobStore store, LonghaulHealthOptions? options = null, TimeProvider? time = null) : IHealthCheck
{
    private readonly LonghaulHealthOptions _options = options ?? new LonghaulHealthOptions();
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await LookAsync(context, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            return HealthCheckResult.Unhealthy("The store does not answer.", e);
        }
    }

    private async Task<HealthCheckResult> LookAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        var queues = await store.ListQueuesAsync(cancellationToken).ConfigureAwait(false);
        var now = _time.GetUtcNow();
        var data = new Dictionary<string, object>
        {
            ["due"] = queues.Sum(static q => q.Due),
            ["running"] = queues.Sum(static q => q.Running),
            ["failed"] = queues.Sum(static q => q.Failed),
        };
        var live = queues.Where(static q => !q.Paused).ToList();
        var oldest = live.Where(static q => q.OldestDue is not null).MinBy(static q => q.OldestDue);
        var age = oldest?.OldestDue is { } due ? now - due : TimeSpan.Zero;
        data["oldest_due_seconds"] = Math.Max(0, age.TotalSeconds);

        if (age > _options.StalledAfter && live.TrueForAll(static q => q.Running == 0))
            return HealthCheckResult.Unhealthy(Text($"Stalled: a job of queue '{oldest!.Name}' has been due for {age.TotalSeconds:F0} s and nothing runs. Start a worker for it."), null, data);
        if (age > _options.MaxQueueAge)
            return new HealthCheckResult(context.Registration.FailureStatus, Text($"Queue '{oldest!.Name}' is {age.TotalSeconds:F0} s old, more than {_options.MaxQueueAge.Value.TotalSeconds:F0} s. Add workers, or find what holds them."), null, data);
        if (await NoSuccessAsync(now, cancellationToken).ConfigureAwait(false) is { } silence)
            return new HealthCheckResult(context.Registration.FailureStatus, silence, null, data);
        return HealthCheckResult.Healthy(null, data);
    }

    private async Task<string?> NoSuccessAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var (name, limit) in _options.NoSuccessFor)
        {
            var done = await store.ListJobsAsync(new JobFilter { Name = name, States = [JobState.Completed] }, new PageRequest(1), cancellationToken).ConfigureAwait(false);
            if (done.Items is not [{ FinishedAt: { } at }] || now - at > limit)
                return Text($"No job '{name}' has completed for {limit}.");
        }

        return null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>When <see cref="LonghaulHealthCheck"/> complains.</summary>
public sealed class LonghaulHealthOptions
{
    /// <summary>Work due for longer than this while nothing runs is unhealthy; default 30 s.</summary>
    public TimeSpan StalledAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a job of any queue may have been due; default none.</summary>
    public TimeSpan? MaxQueueAge { get; set; }

    /// <summary>Job names that must have completed within a time, such as a nightly report within 26 hours. A job kept for less than that must not be named here.</summary>
    public IDictionary<string, TimeSpan> NoSuccessFor { get; } = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
}
