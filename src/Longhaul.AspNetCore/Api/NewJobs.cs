using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Problems;
using Longhaul.Client;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api;

/// <summary>Checks jobs of requests, and writes them: all or none.</summary>
internal sealed class NewJobs(LonghaulHttp http)
{
    private static readonly TimeSpan HandledFor = TimeSpan.FromSeconds(1);

    private volatile Handled? _handled;

    /// <summary>A job that has been checked and is not written yet.</summary>
    public sealed record Draft(JobTemplate Template, ReadOnlyMemory<byte> Payload, EnqueueOptions Options)
    {
        public NewJob Make(JobId id, long nonce) => Template.Make(id, nonce, Payload, JobMaker.TraceParent());
    }

    /// <exception cref="ApiProblem">Something does not hold.</exception>
    public async Task<Draft> CheckAsync(EnqueueRequest request, Caller caller, int? index, CancellationToken cancellationToken)
    {
        if (request.Name is not { } name)
            throw ApiProblem.Invalid("name", "name must be there, but is not. Give the job's name.", index);
        if (request.Payload is not { } payload)
            throw ApiProblem.Invalid("payload", "payload must be there, but is not. Give {} where the job needs no data.", index);
        return await CheckAsync(name, payload.Utf8, JobOptionsReader.Read(request, caller, index), caller, index, isKnown: false, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="name">The job name.</param>
    /// <param name="payload">JSON.</param>
    /// <param name="options">What is different for the job.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="index">Which of many; null: the only one.</param>
    /// <param name="isKnown">Whether the name is taken from a job that is there.</param>
    /// <param name="cancellationToken">Ends the checks.</param>
    public async Task<Draft> CheckAsync(
        string name, ReadOnlyMemory<byte> payload, EnqueueOptions options, Caller caller, int? index, bool isKnown, CancellationToken cancellationToken)
    {
        // Its payload says who may what: only the routes that have asked for the role write it.
        if (name == ActOnJobs.Name)
            throw ApiProblem.Invalid("name", $"name must be of a job of the application, but {name} is Longhaul's own. Use POST api/jobs/actions.", index);
        var template = JobOptionsReader.Guarded(() => http.Instance.Push.TemplateFor(name, payload.Span, options), index);
        if (!isKnown && !http.Options.AcceptUnknownNames && http.Instance.Registry.Find(name) is null && !await IsHandledAsync(name, cancellationToken).ConfigureAwait(false))
        {
            throw ApiProblem.UnknownName(
                $"name must be one that this host or a living worker handles, but {Quoted.Text(name)} is not. Correct it, start a worker that has it, or set HttpOptions.AcceptUnknownNames.", index);
        }

        if (options.ContinueFrom is { } from)
            await CheckContinuedAsync(from, caller, index, cancellationToken).ConfigureAwait(false);
        return new Draft(template, payload, options);
    }

    /// <summary>Writes one job.</summary>
    public async Task<EnqueueResult> WriteAsync(Draft draft, CancellationToken cancellationToken)
    {
        if (http.Instance.IsSync)
            return await http.Instance.Client.EnqueueJsonAsync(draft.Template.Name, draft.Payload, draft.Options, cancellationToken).ConfigureAwait(false);
        var id = await http.Instance.Writer.NextIdAsync(cancellationToken).ConfigureAwait(false);
        return (await WriteAsync([draft.Make(id, http.Instance.Writer.NextNonce())], cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Writes jobs that have ids and nonces: repeated, it makes no second ones.</summary>
    public async Task<EnqueueResult[]> WriteAsync(NewJob[] jobs, CancellationToken cancellationToken)
    {
        var answers = await http.Instance.Writer.WriteAsync(jobs, null, cancellationToken).ConfigureAwait(false);
        var results = new EnqueueResult[jobs.Length];
        for (var i = 0; i < results.Length; i++)
        {
            var at = i;
            results[i] = JobOptionsReader.Guarded(() => EnqueueAnswers.Result(answers[at], jobs[at]), jobs.Length > 1 ? i : null);
        }

        return results;
    }

    // Another owner's job is told as one that is not there.
    private async Task CheckContinuedAsync(JobId from, Caller caller, int? index, CancellationToken cancellationToken)
    {
        var job = await http.Store.GetJobAsync(from, cancellationToken).ConfigureAwait(false);
        if (job is null || !caller.Sees(job))
            throw ApiProblem.Invalid("continueFrom", $"continueFrom must be a job that is in the store, but there is no job {from}.", index);
        if (job.FinishedAt is null)
            throw ApiProblem.Invalid("continueFrom", $"continueFrom must be a job that has ended, but job {from} is {Filters.Word(job.State)}.", index);
    }

    private async Task<bool> IsHandledAsync(string name, CancellationToken cancellationToken)
    {
        if (_handled is not { } handled || http.Time.GetElapsedTime(handled.ReadAt) > HandledFor)
        {
            var workers = await http.Store.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
            var names = workers.Where(Diagnostics.QueueSummary.IsLive).SelectMany(static worker => worker.Worker.Names);
            _handled = handled = new Handled(http.Time.GetTimestamp(), names.ToHashSet(StringComparer.Ordinal));
        }

        return handled.Names.Contains(name);
    }

    private sealed record Handled(long ReadAt, HashSet<string> Names);
}
