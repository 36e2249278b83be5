using Longhaul;
using PhotoIngest.Imaging;
using PhotoIngest.Library;

namespace PhotoIngest.Jobs;

internal sealed class MakePreviewHandler(PhotoLibrary library, PreviewMaker maker) : IJobHandler<MakePreview>
{
    public async Task HandleAsync(MakePreview job, JobContext context, CancellationToken cancellationToken)
    {
        var photo = library.Get(job.Uuid);
        var size = await maker.MakePreviewAsync(photo, context, cancellationToken);
        await maker.MakeThumbnailAsync(photo, context, cancellationToken);

        // The next job is written together with this one's end: a run that was taken over enqueues nothing.
        if (library.SetPreviewed(photo.Uuid, size))
            await context.EnqueueAsync(new IngestPhoto(photo.Uuid), Once.For(photo.Uuid), cancellationToken);
    }

    public Task FailedAsync(MakePreview job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
    {
        library.Fail(job.Uuid, failure.Message);
        return Task.CompletedTask;
    }
}
