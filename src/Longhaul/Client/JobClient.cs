using System.Data.Common;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>The client of a store.</summary>
internal sealed class JobClient(JobMaker maker, JsonPush push, JobWriter writer, JobReads reads) : IJobClient
{
    public async ValueTask<EnqueueResult> EnqueueAsync<TJob>(TJob job, EnqueueOptions? options, CancellationToken cancellationToken) where TJob : notnull
    {
        var type = maker.TypeOf(job);
        var template = maker.TemplateFor(type, options);
        var payload = JobMaker.Serialize(type, job);
        return await WriteOneAsync(template, payload, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EnqueueResult> EnqueueAsync<TJob>(
        TJob job, DbTransaction transaction, EnqueueOptions? options, CancellationToken cancellationToken) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var type = maker.TypeOf(job);
        var template = maker.TemplateFor(type, options);
        var payload = JobMaker.Serialize(type, job);
        var id = await writer.TakeIdsAsync(1, transaction, cancellationToken).ConfigureAwait(false);
        NewJob[] jobs = [template.Make(id, writer.NextNonce(), payload, JobMaker.TraceParent())];
        var answers = await writer.WriteAsync(jobs, transaction, cancellationToken).ConfigureAwait(false);
        return EnqueueAnswers.Result(answers[0], jobs[0]);
    }

    public Task<long> EnqueueManyAsync<TJob>(
        IAsyncEnumerable<TJob> jobs, EnqueueOptions? options, IProgress<long>? accepted, CancellationToken cancellationToken) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return new BulkEnqueue(maker, writer, options, accepted).RunAsync(jobs, cancellationToken);
    }

    public Task<long> EnqueueManyAsync<TJob>(
        IEnumerable<TJob> jobs, EnqueueOptions? options, IProgress<long>? accepted, CancellationToken cancellationToken) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return new BulkEnqueue(maker, writer, options, accepted).RunAsync(jobs.ToAsyncEnumerable(), cancellationToken);
    }

    public Task<long> EnqueueManyAsync<TJob>(
        IEnumerable<TJob> jobs, DbTransaction transaction, EnqueueOptions? options, CancellationToken cancellationToken) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(transaction);
        return new BulkEnqueue(maker, writer, options, accepted: null).RunAsync(jobs, transaction, cancellationToken);
    }

    public async ValueTask<EnqueueResult> EnqueueJsonAsync(
        string name, ReadOnlyMemory<byte> payload, EnqueueOptions? options, CancellationToken cancellationToken)
        => await WriteOneAsync(push.TemplateFor(name, payload.Span, options), payload, cancellationToken).ConfigureAwait(false);

    public ValueTask<JobInfo?> GetAsync(JobId id, CancellationToken cancellationToken) => reads.GetAsync(id, cancellationToken);

    public Task<bool> CancelAsync(JobId id, string? reason, CancellationToken cancellationToken) => reads.ActAsync(JobAction.Cancel, id, reason, cancellationToken);

    public Task<bool> RetryAsync(JobId id, CancellationToken cancellationToken) => reads.ActAsync(JobAction.Retry, id, null, cancellationToken);

    public Task<JobInfo> WaitAsync(JobId id, TimeSpan? timeout, CancellationToken cancellationToken) => reads.WaitAsync(id, timeout, cancellationToken);

    public IAsyncEnumerable<JobTrace> TracesAsync(string subject, CancellationToken cancellationToken) => reads.TracesAsync(subject, cancellationToken);

    /// <summary>Makes a job of a payload, with its id, to be written by a run.</summary>
    public async ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken)
    {
        var type = maker.TypeOf(payload);
        var template = maker.TemplateFor(type, options);
        var json = JobMaker.Serialize(type, payload);
        var id = await writer.NextIdAsync(cancellationToken).ConfigureAwait(false);
        return template.Make(id, writer.NextNonce(), json, JobMaker.TraceParent());
    }

    /// <summary>The same for a payload in JSON.</summary>
    public async ValueTask<NewJob> PrepareJsonAsync(string name, ReadOnlyMemory<byte> payload, EnqueueOptions? options, CancellationToken cancellationToken)
    {
        var template = push.TemplateFor(name, payload.Span, options);
        var id = await writer.NextIdAsync(cancellationToken).ConfigureAwait(false);
        return template.Make(id, writer.NextNonce(), payload, JobMaker.TraceParent());
    }

    private async ValueTask<EnqueueResult> WriteOneAsync(JobTemplate template, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        using var sending = JobActivity.StartEnqueue(template.Name, template.Queue); // it becomes the current one, which the job continues
        var id = await writer.NextIdAsync(cancellationToken).ConfigureAwait(false);
        NewJob[] jobs = [template.Make(id, writer.NextNonce(), payload, JobMaker.TraceParent())];
        var answers = await writer.WriteAsync(jobs, null, cancellationToken).ConfigureAwait(false);
        return EnqueueAnswers.Result(answers[0], jobs[0]);
    }
}
