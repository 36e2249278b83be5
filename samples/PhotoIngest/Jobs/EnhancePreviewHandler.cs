using Longhaul;
using PhotoIngest.Imaging;
using PhotoIngest.Library;

namespace PhotoIngest.Jobs;

internal sealed class EnhancePreviewHandler(PhotoLibrary library, PreviewMaker maker) : IJobHandler<EnhancePreview>
{
    public async Task HandleAsync(EnhancePreview job, JobContext context, CancellationToken cancellationToken)
    {
        var photo = library.Get(job.Uuid);
        library.SetPreviewSize(photo.Uuid, await maker.EnhanceAsync(photo, context, cancellationToken));
    }
}
