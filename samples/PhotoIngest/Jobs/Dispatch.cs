using Longhaul;
using PhotoIngest.Library;

namespace PhotoIngest.Jobs;

/// <summary>Gives photos their next job. Whoever asks twice gets the job that is there.</summary>
internal sealed class Dispatch(IJobClient jobs, PhotoLibrary library)
{
    // Enqueues at the same time share a commit of the store.
    private const int AtATime = 16;

    /// <summary>Whatever comes next for a photo, if anything does by itself.</summary>
    public async Task NextAsync(Photo photo, CancellationToken cancellationToken)
    {
        if (photo.State == PhotoState.Uploaded)
            await jobs.EnqueueAsync(new MakePreview(photo.Uuid), Once.For(photo.Uuid), cancellationToken);
        else if (photo is { State: PhotoState.Previewed, Confirmed: true })
            await jobs.EnqueueAsync(new IngestPhoto(photo.Uuid), Once.For(photo.Uuid), cancellationToken);
    }

    /// <summary>Chooses photos for the library: those that have their previews are ingested now, the others once they have.</summary>
    public Task ConfirmAsync(IReadOnlyCollection<string> uuids, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        library.Confirm(uuids),
        new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
        async (uuid, token) => await jobs.EnqueueAsync(new IngestPhoto(uuid), Once.For(uuid), token));

    /// <summary>A better preview in place of the first.</summary>
    public async Task<JobId> EnhanceAsync(string uuid, CancellationToken cancellationToken) =>
        await jobs.EnqueueAsync(new EnhancePreview(uuid), Once.For(uuid), cancellationToken);

    /// <summary>Photos whose next job was never enqueued, since a process was killed between noting them and that. Those that have it keep it.</summary>
    public Task ReviveAsync(CancellationToken cancellationToken) => Parallel.ForEachAsync(
        library.Left(),
        new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
        async (photo, token) => await NextAsync(photo, token));
}
