using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest.Web;

/// <summary>What the gallery reads, and its buttons.</summary>
internal static class PhotoRoutes
{
    private const int PageLength = 60;
    private const int MostChanges = 200;
    private const int MostChosen = 10_000;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/photos", Look);
        api.MapPost("/confirm", ConfirmAsync);
        api.MapPost("/photos/{uuid:guid}/enhance", EnhanceAsync);
    }

    /// <summary>A page of the gallery; with <paramref name="after"/>, what came or changed after a look.</summary>
    private static Results<Ok<GalleryLook>, ProblemHttpResult> Look(Gallery gallery, string view = "all", long? before = null, long? after = null)
    {
        if (after is { } change)
            return TypedResults.Ok(gallery.ChangedAfter(change, MostChanges));
        return Enum.TryParse<GalleryView>(view, ignoreCase: true, out var which) && Enum.IsDefined(which)
            ? TypedResults.Ok(gallery.Newest(which, before, PageLength))
            : TypedResults.Problem($"A view must be one of {string.Join(", ", Enum.GetNames<GalleryView>()).ToLowerInvariant()}, but was '{view}'.", statusCode: StatusCodes.Status400BadRequest);
    }

    private static async Task<Results<Accepted<ConfirmAnswer>, ProblemHttpResult>> ConfirmAsync(
        ConfirmRequest request, PhotoLibrary library, Dispatch dispatch, CancellationToken cancellationToken)
    {
        if (request.All == (request.Uuids is not null) || request.Uuids is { Count: 0 or > MostChosen })
            return TypedResults.Problem($"Name from 1 to {MostChosen:N0} photos in uuids, or set all.", statusCode: StatusCodes.Status422UnprocessableEntity);

        var chosen = request.Uuids ?? library.Unconfirmed();
        if (chosen.Where(uuid => !library.Has(uuid)).ToList() is [var unknown, ..])
            return TypedResults.Problem($"No photo has the uuid '{unknown}'; nothing was confirmed.", statusCode: StatusCodes.Status404NotFound);

        await dispatch.ConfirmAsync(chosen, cancellationToken);
        return TypedResults.Accepted((string?)null, new ConfirmAnswer(chosen.Count));
    }

    private static async Task<Results<Accepted<EnhanceAnswer>, ProblemHttpResult>> EnhanceAsync(
        Guid uuid, Gallery gallery, Dispatch dispatch, CancellationToken cancellationToken)
    {
        if (gallery.Find(uuid.ToString()) is not { } photo)
            return TypedResults.Problem($"No photo has the uuid '{uuid}'.", statusCode: StatusCodes.Status404NotFound);
        if (photo.PreviewSize is null)
            return TypedResults.Problem("A photo must have a preview before there can be a better one, but has none yet.", statusCode: StatusCodes.Status409Conflict);
        return TypedResults.Accepted((string?)null, new EnhanceAnswer((await dispatch.EnhanceAsync(photo.Uuid, cancellationToken)).Value));
    }

    /// <param name="Uuids">The photos to take into the library.</param>
    /// <param name="All">All that are still open.</param>
    internal sealed record ConfirmRequest(IReadOnlyList<string>? Uuids = null, bool All = false);

    internal sealed record ConfirmAnswer(int Confirmed);

    /// <param name="Job">The job that does it.</param>
    internal sealed record EnhanceAnswer(long Job);
}
