using System.Runtime.CompilerServices;
using Longhaul.Hosting;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>Looks at jobs and acts on them.</summary>
internal sealed class JobReads(StoreHost store, TimeProvider time)
{
    private const int TracePage = 500;

    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SlowestPoll = TimeSpan.FromMilliseconds(500);

    public async ValueTask<JobInfo?> GetAsync(JobId id, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await opened.GetJobAsync(id, cancellationToken).ConfigureAwait(false) is { } record ? Info(record) : null;
    }

    public async Task<bool> ActAsync(JobAction action, JobId id, string? reason, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        var answers = await opened.ActAsync(action, [id], new ActionContext(By: null, reason), cancellationToken).ConfigureAwait(false);
        return answers[0].Status is ActionStatus.Done or ActionStatus.Ordered;
    }

    public async Task<JobInfo> WaitAsync(JobId id, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (timeout is { } t && t != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(t, TimeSpan.Zero, nameof(timeout));
        var limit = timeout is { } given && given != Timeout.InfiniteTimeSpan ? given : TimeSpan.MaxValue;
        var start = time.GetTimestamp();
        for (var pause = FirstPoll; ; pause = Min(pause * 1.5, SlowestPoll))
        {
            var job = await GetAsync(id, cancellationToken).ConfigureAwait(false)
                ?? throw new KeyNotFoundException($"A job must be in the store to be waited for, but there is no job {id}: it never was, or is past its retention.");
            if (job.HasEnded)
                return job;
            var left = limit - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                throw new TimeoutException($"Job {id} was to end within {limit:c}, but is {Word(job.State)}. It goes on; wait again or cancel it.");
            await Task.Delay(Min(pause, left), time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<JobTrace> TracesAsync(string subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        var opened = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        var filter = new TraceFilter { Subject = subject };
        string? after = null;
        do
        {
            var page = await opened.ListTracesAsync(filter, new PageRequest(TracePage, after), cancellationToken).ConfigureAwait(false);
            foreach (var row in page.Items)
            {
                var t = row.Trace;
                yield return new JobTrace(row.Job, row.RunNumber, t.At, t.Type, t.Subject, t.Method, t.Order, t.Success, t.Reason, t.Milliseconds, t.ResultInfo);
            }

            after = page.Next;
        }
        while (after is not null);
    }

    public static JobInfo Info(JobRecord record) => new()
    {
        Id = record.Id,
        Name = record.Name,
        Queue = record.Queue,
        State = record.State,
        Derived = record.Derived,
        Progress = record.Progress is { } p ? new JobProgressInfo(p.Fraction, p.Done, p.Total, p.Phase, p.Note, p.Rate, p.TimeLeft) : null,
        Attempt = record.State == JobState.Failed ? Math.Max(1, record.FailedAttempts) : record.FailedAttempts + 1,
        RunNumber = record.RunNumber,
        Error = record.Error is { } e ? new JobFailure(e.Type, e.Message, e.Detail) : null,
        Result = record.Result,
        Reason = record.Reason,
        CreatedAt = record.CreatedAt,
        DueAt = record.DueAt,
        StartedAt = record.StartedAt,
        FinishedAt = record.FinishedAt,
    };

    private static string Word(JobState state) => state.ToString().ToLowerInvariant();

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
