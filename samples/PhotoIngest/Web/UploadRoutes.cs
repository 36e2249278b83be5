using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using PhotoIngest.Library;

namespace PhotoIngest.Web;

/// <summary><c>POST /api/uploads</c>: a form with any number of files. Each is written as it comes, and answered before its preview is made.</summary>
internal static class UploadRoutes
{
    private const int LongestBoundary = 70; // RFC 2046
    private const int RoomForTheForm = 1 << 20;

    public static void Map(RouteGroupBuilder api)
    {
        var options = ((IEndpointRouteBuilder)api).ServiceProvider.GetRequiredService<IOptions<PhotoOptions>>().Value;
        api.MapPost("/uploads", ReceiveAsync).WithMetadata(new RequestSizeLimitAttribute(options.MostUploadBytes + RoomForTheForm));
    }

    private static async Task<Results<Accepted<UploadAnswer>, ProblemHttpResult>> ReceiveAsync(
        HttpRequest request, UploadDesk desk, IOptions<PhotoOptions> options, CancellationToken cancellationToken)
    {
        var most = options.Value.MostUploadFiles;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "multipart/form-data" || type.Boundary.Length is 0 or > LongestBoundary)
            return Problem(StatusCodes.Status415UnsupportedMediaType, "An upload must be a form with files (multipart/form-data), but is none.", []);

        var files = new List<UploadedFile>();
        try
        {
            var form = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), request.Body);
            while (await NextAsync(form, cancellationToken) is { } file)
            {
                if (files.Count == most)
                    return Problem(StatusCodes.Status413PayloadTooLarge, $"An upload may bring {most:N0} files at once, but brings more. So many were looked at: send the others in another.", files);
                files.Add(await desk.TakeAsync(file.FileName, file.FileStream!, cancellationToken));
            }
        }
        catch (BrokenUploadException e)
        {
            var status = (e.InnerException as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
            return Problem(status, status == StatusCodes.Status413PayloadTooLarge
                ? $"An upload must have at most {options.Value.MostUploadBytes:N0} bytes, but has more. Send fewer files at once."
                : "The upload must be whole, but broke off, or is no form. Send it again.", files);
        }

        if (files.Count == 0)
            return Problem(StatusCodes.Status400BadRequest, "An upload must bring at least one file, but brings none.", files);
        return TypedResults.Accepted((string?)null, new UploadAnswer(files));
    }

    /// <summary>The next file of the form; its other fields mean nothing here.</summary>
    private static async Task<FileMultipartSection?> NextAsync(MultipartReader form, CancellationToken cancellationToken)
    {
        try
        {
            while (await form.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.AsFileSection() is { FileStream: not null } file)
                    return file;
            }

            return null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new BrokenUploadException(e);
        }
    }

    private static ProblemHttpResult Problem(int status, string detail, IReadOnlyList<UploadedFile> files) =>
        TypedResults.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["files"] = files });
}
