using Longhaul;
using PhotoIngest.Imaging;

namespace PhotoIngest.Library;

/// <summary>
/// A file that is being written, aside from those that are whole, under a name that nobody else uses. It is gone when this is disposed;
/// what is left by somebody who was killed is swept later: a job's by its next run, an upload's when the pages start again.
/// </summary>
internal sealed class WorkFile(string path) : IDisposable
{
    private const string UploadPrefix = "upload-";

    /// <summary>One of a job's run.</summary>
    public WorkFile(LibraryPaths paths, JobContext context, string name)
        : this(System.IO.Path.Combine(paths.Work, $"{context.Id}-{context.RunNumber}-{name}"))
    {
    }

    public string Path => path;

    public long Bytes => new FileInfo(Path).Length;

    public int LongSide => Shape.OfJpeg(Path)?.LongSide ?? 0;

    /// <summary>One of an upload.</summary>
    public static WorkFile OfUpload(LibraryPaths paths) => new(System.IO.Path.Combine(paths.Work, UploadPrefix + System.IO.Path.GetRandomFileName()));

    /// <summary>Removes what uploads have left half-written; one that is being written is locked, and stays.</summary>
    public static void SweepUploads(LibraryPaths paths)
    {
        foreach (var file in Directory.EnumerateFiles(paths.Work, UploadPrefix + "*"))
        {
            try
            {
                new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose).Dispose();
            }
            catch (IOException)
            {
                // Another process writes it, or has just taken it away.
            }
        }
    }

    /// <summary>Renames it within the file system: the new name stands for a whole file at every moment, also after a power cut.</summary>
    public void Publish(string target)
    {
        using (var file = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite))
            file.Flush(flushToDisk: true);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        File.Move(Path, target, overwrite: true);
    }

    public void Dispose() => File.Delete(Path);
}
