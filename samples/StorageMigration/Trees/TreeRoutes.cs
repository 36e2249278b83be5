using Longhaul;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace StorageMigration.Trees;

/// <summary><c>/api/trees</c>: starts copies of trees, shows them, cancels them. Each caller has his own; another's is not there for him.</summary>
internal static class TreeRoutes
{
    private const int MostListed = 100;
    private const string Path = "/trees";

    /// <summary>Adds them. The group decides who may call them, and guards them against other sites' pages.</summary>
    /// <param name="api">The group <c>/api</c>.</param>
    /// <param name="ownerOf">Names the caller, whose trees these are; default: the user's name. A caller without a name is refused.</param>
    public static RouteGroupBuilder Map(RouteGroupBuilder api, Func<HttpContext, string?>? ownerOf = null)
    {
        var owners = ownerOf ?? (static context => context.User.Identity?.Name);
        var trees = api.MapGroup(Path);
        trees.AddEndpointFilter(async (context, next) =>
        {
            if (owners(context.HttpContext) is not { Length: > 0 } owner)
                return Problem(StatusCodes.Status403Forbidden, "A caller must have a name to have trees, but has none. Sign in.");
            context.HttpContext.Items[typeof(TreeRoutes)] = owner;
            return await next(context);
        });
        trees.MapPost("", StartAsync);
        trees.MapGet("", ListAsync);
        trees.MapGet("{id}", FindAsync);
        trees.MapPost("{id}/cancel", CancelAsync);
        return trees;
    }

    private static async Task<Results<Created<TreeView>, Ok<TreeView>, ProblemHttpResult>> StartAsync(
        [FromBody] StartRequest request, HttpContext context, TreeJobs trees, CancellationToken cancellationToken)
    {
        var owner = OwnerOf(context);
        try
        {
            var (id, created) = await trees.StartAsync(new CopyTree(request.Source ?? "", request.Target ?? "", request.Options), owner, cancellationToken);
            if (await trees.FindAsync(id, owner, cancellationToken) is not { } view)
                return NotThere(id.ToString());
            return created ? TypedResults.Created(AddressOf(context, id), view) : TypedResults.Ok(view);
        }
        catch (TreeRefusedException e)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
    }

    private static async Task<Results<Ok<TreeList>, ProblemHttpResult>> ListAsync(
        HttpContext context, TreeJobs trees, TreeAddresses addresses, int limit = 20, CancellationToken cancellationToken = default)
        => limit is >= 1 and <= MostListed && addresses.PlacesOf(OwnerOf(context)) is var (places, note)
            ? TypedResults.Ok(new TreeList(await trees.ListAsync(OwnerOf(context), limit, cancellationToken), places, note))
            : Problem(StatusCodes.Status422UnprocessableEntity, $"limit must be from 1 to {MostListed}, but was {limit}.");

    private static async Task<Results<Ok<TreeView>, ProblemHttpResult>> FindAsync(string id, HttpContext context, TreeJobs trees, CancellationToken cancellationToken)
        => await LookAsync(id, context, trees, cancellationToken) is { } view ? TypedResults.Ok(view) : NotThere(id);

    private static async Task<Results<Accepted<TreeView>, ProblemHttpResult>> CancelAsync(string id, HttpContext context, TreeJobs trees, CancellationToken cancellationToken)
    {
        if (await LookAsync(id, context, trees, cancellationToken) is not { } view)
            return NotThere(id);
        if (!await trees.CancelAsync(new JobId(view.Id), OwnerOf(context), cancellationToken))
            return Problem(StatusCodes.Status409Conflict, $"A copy must not have ended to be cancelled, but {view.Id} is {view.State}.");
        return TypedResults.Accepted(AddressOf(context, new JobId(view.Id)), await LookAsync(id, context, trees, cancellationToken));
    }

    private static async Task<TreeView?> LookAsync(string id, HttpContext context, TreeJobs trees, CancellationToken cancellationToken)
        => JobId.TryParse(id, null, out var job) ? await trees.FindAsync(job, OwnerOf(context), cancellationToken) : null;

    private static string AddressOf(HttpContext context, JobId id)
    {
        var path = context.Request.Path.ToString();
        return $"{context.Request.PathBase}{path[..(path.LastIndexOf(Path, StringComparison.Ordinal) + Path.Length)]}/{id}";
    }

    private static string OwnerOf(HttpContext context) => (string)context.Items[typeof(TreeRoutes)]!;

    private static ProblemHttpResult NotThere(string id) => Problem(StatusCodes.Status404NotFound, $"There is no copy of a tree '{id}'.");

    private static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    /// <param name="Source">The address of a store, or a path below the caller's tree.</param>
    /// <param name="Target">The same.</param>
    /// <param name="Options">How.</param>
    internal sealed record StartRequest(string? Source = null, string? Target = null, CopyOptions? Options = null);

    /// <param name="Trees">The newest copies.</param>
    /// <param name="Places">The addresses below which the caller may copy.</param>
    /// <param name="Note">Why there are none.</param>
    internal sealed record TreeList(IReadOnlyList<TreeView> Trees, IReadOnlyList<string> Places, string? Note);
}
