using Longhaul;
using Microsoft.Extensions.Options;
using PhotoIngest.Library;

namespace PhotoIngest.Imaging;

/// <summary>Makes a photo's preview and thumbnail, and traces every method that it tries.</summary>
internal sealed class PreviewMaker(ExifToolPreview embedded, VipsPreview decoded, Vips vips, LibraryPaths paths, IOptions<PhotoOptions> options, TimeProvider time)
{
    /// <summary>The camera's own preview, else the original decoded.</summary>
    /// <returns>The long side in pixels.</returns>
    /// <exception cref="UnreadablePhotoException">No method worked.</exception>
    public Task<int> MakePreviewAsync(Photo photo, JobContext context, CancellationToken cancellationToken) =>
        MakeAsync(photo, options.Value.PreviewSize, [embedded, decoded], context, cancellationToken);

    /// <summary>A larger one in its place: from the original, where that can be decoded.</summary>
    /// <inheritdoc cref="MakePreviewAsync"/>
    public Task<int> EnhanceAsync(Photo photo, JobContext context, CancellationToken cancellationToken) =>
        MakeAsync(photo, options.Value.EnhancedSize, [decoded, embedded], context, cancellationToken);

    public Task MakeThumbnailAsync(Photo photo, JobContext context, CancellationToken cancellationToken) =>
        context.TraceAsync("thumbnail_generation", photo.Uuid, "from_preview", 1, async step =>
        {
            var began = time.GetTimestamp();
            using var work = new WorkFile(paths, context, "thumbnail.jpg");
            await vips.CropSquareAsync(paths.Preview(photo.Uuid), work.Path, options.Value.ThumbnailSize, cancellationToken);
            TellResult(step, work, began);
            work.Publish(paths.Thumbnail(photo.Uuid));
        });

    private async Task<int> MakeAsync(Photo photo, int longSide, IPreviewMethod[] methods, JobContext context, CancellationToken cancellationToken)
    {
        paths.SweepWork(context.Id);
        var original = paths.RequireOriginal(photo);
        var refusal = new UnreadablePhotoException("there is no method to make a preview");
        foreach (var (index, method) in methods.Index())
        {
            using var work = new WorkFile(paths, context, "preview.jpg");
            try
            {
                return await context.TraceAsync("preview_extraction", photo.Uuid, method.Name, index + 1, async step =>
                {
                    var began = time.GetTimestamp();
                    await method.MakeAsync(original, work.Path, longSide, cancellationToken);
                    TellResult(step, work, began);
                    var size = work.LongSide;
                    work.Publish(paths.Preview(photo.Uuid));
                    return size;
                });
            }
            catch (UnreadablePhotoException e)
            {
                refusal = e; // on record by its trace; the next method may do better
            }
        }

        throw refusal;
    }

    private void TellResult(TraceStep step, WorkFile work, long began) =>
        step.Info(new { duration_ms = Math.Round(time.GetElapsedTime(began).TotalMilliseconds), size = work.Bytes });
}
