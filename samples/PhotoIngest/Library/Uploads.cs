using System.Buffers;
using System.Security.Cryptography;
using Longhaul;
using PhotoIngest.Imaging;

namespace PhotoIngest.Library;

/// <summary>Brings files in: copied once, hashed on the way. The user's own files are only read.</summary>
internal sealed class Uploads(LibraryPaths paths)
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Copies a file to where the next jobs find it.</summary>
    /// <exception cref="UnreadablePhotoException">It is no photo, or cannot be read.</exception>
    public async Task<Photo> CopyAsync(SourceFile file, bool confirm, JobContext context, CancellationToken cancellationToken)
    {
        using var source = OpenRead(file);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var read = await ReadAsync(source, buffer, cancellationToken);
            var extension = FileProbe.ExtensionOf(buffer.AsSpan(0, Math.Min(read, FileProbe.HeadLength)), file.Path);

            using var work = new WorkFile(paths, context, Path.GetRandomFileName());
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long bytes = 0;
            await using (var target = new FileStream(work.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                for (; read > 0; read = await ReadAsync(source, buffer, cancellationToken))
                {
                    hash.AppendData(buffer, 0, read);
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    bytes += read;
                }
            }

            var digest = hash.GetHashAndReset();
            var photo = new Photo(Photo.UuidOf(digest), Convert.ToHexStringLower(digest), extension, file.Path, bytes) { Confirmed = confirm };
            if (!File.Exists(paths.Original(photo)))
                work.Publish(paths.Upload(photo));
            return photo;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static FileStream OpenRead(SourceFile file)
    {
        try
        {
            return new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    private static async ValueTask<int> ReadAsync(FileStream source, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    private static UnreadablePhotoException Unreadable(Exception e) => new(e switch
    {
        UnauthorizedAccessException => "the file may not be read: permission denied",
        FileNotFoundException or DirectoryNotFoundException => "the file has gone",
        _ => $"the file cannot be read: {e.Message}",
    });
}
