using Longhaul;
using Microsoft.Data.Sqlite;
using PhotoIngest.Imaging;
using PhotoIngest.Library;

namespace PhotoIngest.Jobs;

/// <summary>The long job. Its place in the folder is kept: after kill -9 it goes on where it was, at most 2 s of files back.</summary>
internal sealed class IngestFolderHandler(PhotoLibrary library, LibraryPaths paths, Uploads uploads) : IJobHandler<IngestFolder>
{
    private static readonly TimeSpan OurTrouble = TimeSpan.FromSeconds(5);

    public async Task HandleAsync(IngestFolder job, JobContext context, CancellationToken cancellationToken)
    {
        paths.SweepWork(context.Id);
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(job.Folder));
        if (!Directory.Exists(root) || root == paths.Root)
            throw new FailNowException($"Folder must be a folder of photos other than the library's own, but was '{job.Folder}'.");

        var folder = new PhotoFolder(root, except: paths.Root);
        await context.ForEachAsync(
            source: (string? after) => folder.After(after),
            cursor: path => path,
            body: (path, item, token) => TakeInAsync(SourceFile.Look(root, path), job.Confirm, context, item, token),
            new() { Parallelism = 2, Total = folder.Count, ItemErrors = ItemErrors.Record() });
    }

    /// <summary>Copies one file and hands it on. What is no photo is noted with its reason, and is an item failure of this job.</summary>
    private async Task TakeInAsync(SourceFile file, bool confirm, JobContext context, ItemContext item, CancellationToken cancellationToken)
    {
        item.Label = file.Path;
        var job = context.Id.Value;
        try
        {
            var photo = library.Find(file) is { } known && File.Exists(paths.Original(known))
                ? known
                : await CopyAsync(file, confirm, context, cancellationToken);

            // Given up in an earlier walk, or not confirmed then: this walk wants more.
            if (photo.TakenInBy != job && (photo.State == PhotoState.Failed || (confirm && !photo.Confirmed)))
                photo = library.TakeOver(photo, confirm, job);

            // What an earlier walk has brought has its job already. This one's is written together with the item's end, once.
            if (photo.TakenInBy == job && photo.State == PhotoState.Uploaded)
                await item.EnqueueAsync(new MakePreview(photo.Uuid), Once.For(photo.Uuid), cancellationToken);
            else if (photo.TakenInBy == job && photo is { State: PhotoState.Previewed, Confirmed: true })
                await item.EnqueueAsync(new IngestPhoto(photo.Uuid), Once.For(photo.Uuid), cancellationToken);
        }
        catch (UnreadablePhotoException e)
        {
            library.AddUnreadable(file, e.Message);
            throw;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            // Our disk or database, not this file: the job itself is in trouble and tries again.
            throw new RetryAfterException(OurTrouble, e.Message, e);
        }
    }

    private async Task<Photo> CopyAsync(SourceFile file, bool confirm, JobContext context, CancellationToken cancellationToken)
    {
        var copied = await uploads.CopyAsync(file, confirm, context, cancellationToken);
        var photo = library.Add(file, copied, context.Id.Value);
        uploads.KeepOneCopy(copied, photo);
        return photo;
    }
}
