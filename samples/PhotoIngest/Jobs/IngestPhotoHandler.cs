using Longhaul;
using PhotoIngest.Imaging;
using PhotoIngest.Library;

namespace PhotoIngest.Jobs;

/// <summary>Each step may be repeated: the place follows from the content, a rename happens or has happened, the row is unique.</summary>
internal sealed class IngestPhotoHandler(PhotoLibrary library, LibraryPaths paths, ExifTool exifTool, TimeProvider time) : IJobHandler<IngestPhoto>
{
    public async Task HandleAsync(IngestPhoto job, JobContext context, CancellationToken cancellationToken)
    {
        var photo = library.Get(job.Uuid);
        var metadata = await context.TraceAsync("metadata_extraction", photo.Uuid, "exiftool", 1, async step =>
        {
            var began = time.GetTimestamp();
            var found = await PhotoMetadata.ReadAsync(exifTool, paths.RequireOriginal(photo), cancellationToken);
            step.Info(new { duration_ms = Math.Round(time.GetElapsedTime(began).TotalMilliseconds), size = photo.Bytes });
            return found;
        });

        paths.MoveToLibrary(photo);
        library.AddImage(photo, metadata);
    }

    public Task FailedAsync(IngestPhoto job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
    {
        library.Fail(job.Uuid, failure.Message);
        return Task.CompletedTask;
    }
}
