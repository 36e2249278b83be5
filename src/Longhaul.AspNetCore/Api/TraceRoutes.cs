using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Traces over all jobs.</summary>
internal sealed class TraceRoutes(LonghaulHttp http)
{
    public void Map(RouteGroupBuilder api)
        => api.MapGet("/traces", ListAsync).For<TraceQuery>(Role.View).Named("listTraces").WithSummary("Traces of all jobs").Fails(400, 401, 403, 422);

    private async Task<ApiResult<PageView<TraceView>>> ListAsync(HttpContext context, [AsParameters] TraceQuery query, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var page = await http.Store.ListTracesAsync(query.Filter(), query.Page(context), cancellationToken).ConfigureAwait(false);
        if (caller.Owner is { } owner && page.Items.Count > 0)
            page = page with { Items = await OwnAsync(page.Items, owner, cancellationToken).ConfigureAwait(false) };
        return new(query.View(page, context, TraceView.Of));
    }

    /// <summary>Those of the owner's jobs. The page may come out short; its cursor goes on.</summary>
    private async Task<IReadOnlyList<TraceRow>> OwnAsync(IReadOnlyList<TraceRow> rows, string owner, CancellationToken cancellationToken)
    {
        var filter = new JobFilter { Ids = [.. rows.Select(static row => row.Job).Distinct()], Owner = owner };
        var jobs = await http.Store.ListJobsAsync(filter, new PageRequest(1_000), cancellationToken).ConfigureAwait(false);
        var own = jobs.Items.Select(static job => job.Id).ToHashSet();
        return [.. rows.Where(row => own.Contains(row.Job))];
    }
}

/// <summary>Which traces.</summary>
internal sealed record TraceQuery : ListQuery
{
    private const int MostLetters = 512;

    /// <summary>Of one job.</summary>
    [FromQuery(Name = "job")]
    public string? Job { get; init; }

    /// <summary>About this.</summary>
    [FromQuery(Name = "subject")]
    public string? Subject { get; init; }

    /// <summary>Of this type.</summary>
    [FromQuery(Name = "type")]
    public string? Type { get; init; }

    /// <summary>By this method.</summary>
    [FromQuery(Name = "method")]
    public string? Method { get; init; }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    [FromQuery(Name = "success")]
    public string? Success { get; init; }

    /// <summary><c>newest</c> (default) or <c>oldest</c> first.</summary>
    [FromQuery(Name = "order")]
    public string? Order { get; init; }

    public TraceFilter Filter() => new()
    {
        Job = Job is null ? null : Filters.Ids([Job])[0],
        Subject = Text("subject", Subject),
        Type = Text("type", Type),
        Method = Text("method", Method),
        NewestFirst = Order switch
        {
            null or "newest" => true,
            "oldest" => false,
            _ => throw ApiProblem.Invalid("order", $"order must be newest or oldest, but was {Quoted.Text(Order)}."),
        },
        Success = Success switch
        {
            null => null,
            "true" => true,
            "false" => false,
            _ => throw ApiProblem.Invalid("success", $"success must be true or false, but was {Quoted.Text(Success)}."),
        },
    };

    private static string? Text(string member, string? text)
        => text is null || (text.Length is > 0 and <= MostLetters && StorageText.IsClean(text))
            ? text : throw ApiProblem.Invalid(member, $"{member} must have 1–{MostLetters} characters without NUL, but was {Quoted.Text(text)}.");
}
