using Longhaul;
using Microsoft.Extensions.Options;
using PhotoIngest.Imaging;

namespace PhotoIngest.Library;

/// <summary>Where everything lies below the root. What is being written lies in <see cref="Work"/> and is renamed when it is whole.</summary>
internal sealed class LibraryPaths
{
    public const string DatabaseName = "photos.db";

    public LibraryPaths(IOptions<PhotoOptions> options)
    {
        Root = Path.GetFullPath(options.Value.Root);
        foreach (var folder in (string[])[Uploads, Previews, Thumbnails, Library, Work])
            Directory.CreateDirectory(folder);
    }

    public string Root { get; }

    /// <summary>Copies of what came in, until they are ingested.</summary>
    public string Uploads => Path.Combine(Root, "uploads");

    public string Previews => Path.Combine(Root, "previews");

    public string Thumbnails => Path.Combine(Root, "thumbnails");

    /// <summary>The permanent place, by content hash.</summary>
    public string Library => Path.Combine(Root, "library");

    /// <summary>On the same file system as all others, so that a rename is atomic.</summary>
    public string Work => Path.Combine(Root, "work");

    public string Database => Path.Combine(Root, DatabaseName);

    public string Upload(Photo photo) => Path.Combine(Uploads, photo.Uuid + photo.Extension);

    public string Preview(string uuid) => Path.Combine(Previews, uuid + ".jpg");

    public string Thumbnail(string uuid) => Path.Combine(Thumbnails, uuid + ".jpg");

    /// <summary>Relative to <see cref="Root"/>: what the database keeps, so that the whole may be moved elsewhere.</summary>
    public static string Permanent(Photo photo) => $"library/{photo.Hash[..2]}/{photo.Hash}{photo.Extension}";

    public string Full(string relative) => Path.Combine(Root, relative);

    /// <summary>Where the original is now: in the library once ingested, else among the uploads.</summary>
    public string Original(Photo photo) => Full(Permanent(photo)) is var permanent && File.Exists(permanent) ? permanent : Upload(photo);

    /// <summary>As <see cref="Original"/>, for who needs it.</summary>
    /// <exception cref="UnreadablePhotoException">It has gone.</exception>
    public string RequireOriginal(Photo photo) =>
        Original(photo) is var original && File.Exists(original) ? original : throw new UnreadablePhotoException("its copy has gone from the uploads; take the folder in again");

    /// <summary>Moves the original to its permanent place; done before, it is done.</summary>
    public void MoveToLibrary(Photo photo)
    {
        var (original, permanent) = (RequireOriginal(photo), Full(Permanent(photo)));
        Directory.CreateDirectory(Path.GetDirectoryName(permanent)!);
        if (original != permanent)
            File.Move(original, permanent);
        else
            File.Delete(Upload(photo)); // a second copy, of a file with the same content
    }

    /// <summary>As people would type it: relative to the current folder where it lies below that.</summary>
    public static string FromHere(string path) =>
        Path.GetRelativePath(Environment.CurrentDirectory, path) is var near && near.StartsWith("..", StringComparison.Ordinal) ? path : near;

    /// <summary>Removes what an earlier run of a job has left half-written, because it was killed.</summary>
    public void SweepWork(JobId job)
    {
        foreach (var file in Directory.EnumerateFiles(Work, $"{job}-*"))
            File.Delete(file);
    }
}
