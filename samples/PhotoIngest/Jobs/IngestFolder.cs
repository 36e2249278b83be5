using Longhaul;

namespace PhotoIngest.Jobs;

/// <summary>Takes in a folder and its subfolders: one long job, which copies each photo and enqueues its preview.</summary>
/// <param name="Folder">Full path. Nothing in it is changed.</param>
/// <param name="Confirm">Whether all its photos go on into the library; else each waits to be confirmed.</param>
[Job("photos.folder", Queue = Queues.Ingest, LongRunning = true, RetryDelaySeconds = 5, Description = "Take in {Folder}")]
public sealed record IngestFolder(string Folder, bool Confirm = false);
