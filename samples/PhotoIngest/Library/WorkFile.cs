using Longhaul;
using PhotoIngest.Imaging;

namespace PhotoIngest.Library;

/// <summary>
/// A file that is being written, aside from those that are whole, under a name that no other run uses. It is gone when this is disposed;
/// what a killed run leaves is swept by the job's next run.
/// </summary>
internal sealed class WorkFile(LibraryPaths paths, JobContext context, string name) : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(paths.Work, $"{context.Id}-{context.RunNumber}-{name}");

    public long Bytes => new FileInfo(Path).Length;

    public int LongSide => Shape.OfJpeg(Path)?.LongSide ?? 0;

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
