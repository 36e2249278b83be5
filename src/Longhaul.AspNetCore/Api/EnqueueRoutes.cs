using System.Text.Json;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>New jobs: one, many, or a copy of one that is there.</summary>
internal sealed class EnqueueRoutes(LonghaulHttp http, string prefix)
{
    private const int MostJobs = 10_000;

    private readonly NewJobs _jobs = new(http);
    private readonly Idempotency _idempotency = new(http);

    public void Map(RouteGroupBuilder api)
    {
        api.MapPost("/jobs", EnqueueAsync).For(Role.Operate).Takes<EnqueueRequest>().Produces<EnqueuedView>(201)
            .Named("enqueue").WithSummary("Enqueues a job").Fails(400, 401, 403, 408, 409, 413, 415, 422, 503, 507);
        api.MapPost("/jobs/bulk", BulkAsync).For(Role.Operate).Takes<BulkEnqueueRequest>().Produces<BulkEnqueuedView>(201)
            .Named("enqueueBulk").WithSummary("Enqueues many jobs, all or none").Fails(400, 401, 403, 408, 409, 413, 415, 422, 503, 507);
        api.MapPost("/jobs/{id}/clone", CloneAsync).For(Role.Operate).Takes<CloneRequest>(isOptional: true).Produces<EnqueuedView>(201)
            .Named("cloneJob").WithSummary("Enqueues a job like it").Fails(400, 401, 403, 404, 413, 415, 422, 503, 507);
    }

    private async Task<ApiResult<EnqueuedView>> EnqueueAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var (request, body) = await RequestBody.ReadAsync<EnqueueRequest>(context, RequestBody.OneJob).ConfigureAwait(false);
        var draft = await _jobs.CheckAsync(request, caller, null, cancellationToken).ConfigureAwait(false);
        var claim = await _idempotency.ClaimAsync(context, body, 1, cancellationToken).ConfigureAwait(false);
        if (claim?.Answer is { } known)
            return Enqueued(JsonSerializer.Deserialize<EnqueuedView>(known, ApiJson.Options)!);

        var result = claim is null || http.Instance.IsSync
            ? await _jobs.WriteAsync(draft, cancellationToken).ConfigureAwait(false)
            : (await _jobs.WriteAsync([draft.Make(claim.Id(0), claim.Nonce(0))], cancellationToken).ConfigureAwait(false))[0];
        var view = new EnqueuedView(result.Id.Value, result.Created);
        if (claim is not null)
            await _idempotency.DoneAsync(claim, JsonSerializer.SerializeToUtf8Bytes(view, ApiJson.Options)).ConfigureAwait(false);
        await http.AuditAsync(caller, "enqueue", $"{result.Id} {draft.Template.Name}", null, result.Created ? "created" : "already there").ConfigureAwait(false);
        return Enqueued(view);
    }

    private async Task<ApiResult<BulkEnqueuedView>> BulkAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var (request, body) = await RequestBody.ReadAsync<BulkEnqueueRequest>(context, RequestBody.ManyJobs).ConfigureAwait(false);
        var drafts = await CheckAllAsync(request, caller, cancellationToken).ConfigureAwait(false);
        var claim = await _idempotency.ClaimAsync(context, body, drafts.Count, cancellationToken).ConfigureAwait(false);
        if (claim is not null && drafts.FindIndex(static draft => draft.Options.UniqueKey is not null) is >= 0 and var unique)
            throw ApiProblem.Invalid(Idempotency.Header, $"{Idempotency.Header} must not go together with a uniqueKey in many jobs, but does. Leave out one of them.", unique);
        var ids = claim is { Answer: not null }
            ? [.. Enumerable.Range(0, drafts.Count).Select(claim.Id)]
            : await WriteAllAsync(drafts, claim, cancellationToken).ConfigureAwait(false);
        if (claim is { Answer: null })
            await _idempotency.DoneAsync(claim, "{}"u8.ToArray()).ConfigureAwait(false);
        var created = ids.LongCount(static id => id.Value > 0);
        await http.AuditAsync(caller, "enqueue", $"{drafts.Count} jobs from {ids[0]}", null, "created").ConfigureAwait(false);
        return new(new([.. ids.Select(static id => Math.Abs(id.Value))], created), StatusCodes.Status201Created);
    }

    private async Task<ApiResult<EnqueuedView>> CloneAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var original = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        var request = await RequestBody.ReadOptionalAsync<CloneRequest>(context, RequestBody.OneJob).ConfigureAwait(false) ?? new CloneRequest();
        var payload = request.Payload is { } edited ? MaskedPayload.Restore(edited.Utf8, original.Payload, http.Instance.Mask.Mask(original.Name, original.Payload.Span)) : original.Payload;
        var options = Clones.Options(JobOptionsReader.Read(request, caller, null), original);
        var draft = await _jobs.CheckAsync(original.Name, payload, options, caller, null, isKnown: true, cancellationToken).ConfigureAwait(false);
        var result = await _jobs.WriteAsync(draft, cancellationToken).ConfigureAwait(false);
        await http.AuditAsync(caller, "clone", $"{original.Id} as {result.Id}", null, result.Created ? "created" : "already there").ConfigureAwait(false);
        return Enqueued(new(result.Id.Value, result.Created));
    }

    private async Task<List<NewJobs.Draft>> CheckAllAsync(BulkEnqueueRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if (request.Jobs is not { Count: > 0 } requests)
            throw ApiProblem.Invalid("jobs", $"jobs must hold 1–{MostJobs:N0} jobs, but holds none.");
        var most = Math.Min(MostJobs, http.Store.MostJobsTogether);
        if (requests.Count > most)
            throw ApiProblem.TooMany($"jobs must hold at most {most:N0} jobs, but holds {requests.Count:N0}. Send them in parts.");
        var drafts = new List<NewJobs.Draft>(requests.Count);
        foreach (var (index, each) in requests.Index())
            drafts.Add(await _jobs.CheckAsync(each ?? throw ApiProblem.Invalid("jobs", "A job must be an object, but is null.", index), caller, index, cancellationToken).ConfigureAwait(false));
        return drafts;
    }

    /// <returns>The ids, in order; negative: of a job that was already there.</returns>
    private async Task<JobId[]> WriteAllAsync(List<NewJobs.Draft> drafts, Idempotency.Claim? claim, CancellationToken cancellationToken)
    {
        if (http.Instance.IsSync)
        {
            var ran = new List<JobId>();
            foreach (var draft in drafts) // they run at once: none waits for the next to be accepted
                ran.Add((await _jobs.WriteAsync(draft, cancellationToken).ConfigureAwait(false)).Id);
            return [.. ran];
        }

        var first = claim?.FirstId ?? (await http.Store.TakeIdsAsync(drafts.Count, null, cancellationToken).ConfigureAwait(false)).Value;
        NewJob[] jobs = [.. drafts.Select((draft, i) => draft.Make(new JobId(first + i), claim?.Nonce(i) ?? http.Instance.Writer.NextNonce()))];
        var results = await _jobs.WriteAsync(jobs, cancellationToken).ConfigureAwait(false);
        return [.. results.Select(static result => result.Created ? result.Id : new JobId(-result.Id.Value))];
    }

    private ApiResult<EnqueuedView> Enqueued(EnqueuedView view)
        => new(view, view.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{prefix}/api/jobs/{view.Id}"));
}
