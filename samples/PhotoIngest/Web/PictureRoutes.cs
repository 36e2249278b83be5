using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using PhotoIngest.Library;

namespace PhotoIngest.Web;

/// <summary>Previews and thumbnails: JPEGs that were made here. The address is a uuid, and no part of a path.</summary>
internal static class PictureRoutes
{
    public static void Map(IEndpointRouteBuilder site)
    {
        site.MapGet("/photos/{uuid:guid}/preview", static (Guid uuid, LibraryPaths paths) => Show(paths.Preview(uuid.ToString())));
        site.MapGet("/photos/{uuid:guid}/thumbnail", static (Guid uuid, LibraryPaths paths) => Show(paths.Thumbnail(uuid.ToString())));
    }

    private static IResult Show(string file)
    {
        try
        {
            // All is told of the file that is open: another may take its place meanwhile.
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
            var changed = new DateTimeOffset(File.GetLastWriteTimeUtc(stream.SafeFileHandle));
            return TypedResults.Stream(
                stream, "image/jpeg", lastModified: changed, entityTag: new EntityTagHeaderValue($"\"{changed.UtcTicks:x}-{stream.Length:x}\""), enableRangeProcessing: true);
        }
        catch (FileNotFoundException)
        {
            return TypedResults.Problem("There is no such picture, or not yet.", statusCode: StatusCodes.Status404NotFound);
        }
    }
}
