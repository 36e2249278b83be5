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

/// <summary>How the whole is, figures over time, the store, the caller, and the API's own description.</summary>
internal sealed class StatusRoutes(LonghaulHttp http)
{
    private static readonly TimeSpan ChecksKeptFor = TimeSpan.FromSeconds(60);
    private static readonly byte[] OpenApi = EmbeddedBytes.Read("openapi.json") ?? "{}"u8.ToArray();

    private readonly Lock _gate = new();
    private Task<IReadOnlyList<string>>? _check;
    private IReadOnlyList<string>? _problems;
    private long _checkedAt;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/status", StatusAsync).For<StatusQuery>(Role.View, ofTheWhole: true).Named("getStatus").WithSummary("How the whole is, at most 5 s old").Fails(400, 401, 403, 422);
        api.MapGet("/stats", Stats).For<StatsQuery>(Role.View, ofTheWhole: true).Named("getStats").WithSummary("Figures over time").Fails(400, 401, 403, 422);
        api.MapGet("/store", StoreAsync).For(Role.View, ofTheWhole: true).Named("getStore").WithSummary("The store, and what is wrong with it").Fails(401, 403);
        api.MapGet("/me", MeAsync).For(Role.View).Named("getMe").WithSummary("The caller, and what this host can do").Fails(401, 403);
        api.MapGet("/openapi.json", RawResult () => new RawResult(OpenApi)).For(Role.View).ExcludeFromDescription();
    }

    private async Task<ApiResult<StatusView>> StatusAsync([AsParameters] StatusQuery query, CancellationToken cancellationToken)
        => new(await http.StatusAsync(Filters.Pattern("queue", query.Queue), cancellationToken).ConfigureAwait(false));

    private ApiResult<StatsView> Stats([AsParameters] StatsQuery query) => new(http.Stats.Read(query.Window));

    private async Task<ApiResult<StoreView>> StoreAsync(CancellationToken cancellationToken)
    {
        var info = http.Store.Info;
        var names = Enum.GetValues<StoreCapabilities>().Where(each => each != StoreCapabilities.None && info.Capabilities.HasFlag(each)).Select(static each => each.ToString());
        var problems = await CheckAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        var sizes = await http.Store.MeasureAsync(cancellationToken).ConfigureAwait(false);
        return new(new StoreView(info.Driver, info.Address, [.. names], problems, [.. sizes.Select(static size => new FigureView(size.Name, size.Bytes))]));
    }

    // The doctor reads the whole store: once a minute is enough, whoever asks, and only the first waits for it.
    private Task<IReadOnlyList<string>> CheckAsync()
    {
        lock (_gate)
        {
            if (_check is null or { IsFaulted: true } || (_check.IsCompleted && http.Time.GetElapsedTime(_checkedAt) > ChecksKeptFor))
            {
                _checkedAt = http.Time.GetTimestamp();
                _check = Task.Run(LookAsync); // for all who ask meanwhile
            }

            return _problems is { } known ? Task.FromResult(known) : _check;
        }
    }

    private async Task<IReadOnlyList<string>> LookAsync()
    {
        var problems = await http.Store.CheckAsync(CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
            _problems = problems;
        return problems;
    }

    private async Task<ApiResult<MeView>> MeAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var roles = new List<string>();
        foreach (var role in (Role[])[Role.View, Role.Operate, Role.Admin])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await caller.MayAsync(role).ConfigureAwait(false))
                roles.Add(role.ToString().ToLowerInvariant());
        }

        var handlers = http.Instance.Registry.Definitions.Where(static definition => definition.Name != ManyActions.ActOnJobs.Name)
            .Select(definition => new HandlerView(definition.Name, definition.Type.Queue ?? http.Instance.Options.DefaultQueue));
        return new(new MeView(caller.User, caller.Owner, roles, [.. handlers], LonghaulHttp.Version, Forgery.Header, caller.Session is not null));
    }
}

/// <summary>Which queues to count apart.</summary>
internal sealed record StatusQuery
{
    /// <summary>A queue, or a pattern with <c>*</c>.</summary>
    [FromQuery(Name = "queue")]
    public string? Queue { get; init; }
}

/// <summary>Figures of how long.</summary>
internal sealed record StatsQuery
{
    /// <summary><c>5m</c>, <c>15m</c> (default), <c>1h</c>, <c>6h</c> or <c>24h</c>.</summary>
    [FromQuery(Name = "window")]
    public string? Text { get; init; }

    public TimeSpan Window => Text switch
    {
        "5m" => TimeSpan.FromMinutes(5),
        null or "15m" => TimeSpan.FromMinutes(15),
        "1h" => TimeSpan.FromHours(1),
        "6h" => TimeSpan.FromHours(6),
        "24h" => TimeSpan.FromHours(24),
        _ => throw ApiProblem.Invalid("window", $"window must be 5m, 15m, 1h, 6h or 24h, but was {Quoted.Text(Text)}."),
    };
}
