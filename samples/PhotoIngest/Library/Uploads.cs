using System.Buffers;
using System.Security.Cryptography;
using Longhaul;
using PhotoIngest.Imaging;

namespace PhotoIngest.Library;

/// <summary>Brings files in: copied once, hashed on the way. The user's own files are only read.</summary>
internal sealed class Uploads(LibraryPaths paths)
{
    private const int BufferSize = 128 * 1024;

    private delegate ValueTask<int> Read(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Copies a file to where the next jobs find it.</summary>
    /// <exception cref="UnreadablePhotoException">It is no photo, or cannot be read.</exception>
    public async Task<Photo> CopyAsync(SourceFile file, bool confirm, JobContext context, CancellationToken cancellationToken)
    {
        using var source = OpenRead(file);
        using var work = new WorkFile(paths, context, Path.GetRandomFileName());
        var photo = await TakeAsync(ReadAsync, file.Path, long.MaxValue, work, cancellationToken);
        return photo with { Confirmed = confirm };

        async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token)
        {
            try
            {
                return await source.ReadAsync(buffer, token);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unreadable(e);
            }
        }
    }

    /// <summary>Takes what somebody sends to where the next jobs find it. Of an upload that breaks off nothing stays.</summary>
    /// <param name="body">The file's content, as it comes.</param>
    /// <param name="name">As the sender names it: shown to people, and never a path of ours.</param>
    /// <param name="mostBytes">A larger one is refused.</param>
    /// <param name="cancellationToken">The sender has gone.</param>
    /// <exception cref="UnreadablePhotoException">It is no photo, or too large.</exception>
    /// <exception cref="BrokenUploadException">It broke off.</exception>
    public async Task<Photo> ReceiveAsync(Stream body, string name, long mostBytes, CancellationToken cancellationToken)
    {
        using var work = WorkFile.OfUpload(paths);
        return await TakeAsync(ReadAsync, name, mostBytes, work, cancellationToken);

        async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token)
        {
            try
            {
                return await body.ReadAsync(buffer, token);
            }
            catch (IOException e)
            {
                throw new BrokenUploadException(e);
            }
        }
    }

    /// <summary>The same content came before, under a name with another extension: one copy is enough.</summary>
    public void KeepOneCopy(Photo copied, Photo known)
    {
        var (second, first) = (paths.Upload(copied), paths.Original(known));
        if (second == first)
            return;
        if (File.Exists(first))
            File.Delete(second);
        else if (File.Exists(second))
            File.Move(second, first); // the first has gone from the uploads
    }

    private async Task<Photo> TakeAsync(Read readAsync, string name, long mostBytes, WorkFile work, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var filled = await FillAsync(readAsync, buffer, FileProbe.HeadLength, cancellationToken);
            var extension = FileProbe.ExtensionOf(buffer.AsSpan(0, Math.Min(filled, FileProbe.HeadLength)), name);

            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long bytes = 0;
            await using (var target = new FileStream(work.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                for (; filled > 0; filled = await readAsync(buffer, cancellationToken))
                {
                    bytes += filled;
                    if (bytes > mostBytes)
                        throw new UnreadablePhotoException($"the file is larger than {mostBytes:N0} bytes, which is the most that is taken");
                    hash.AppendData(buffer, 0, filled);
                    await target.WriteAsync(buffer.AsMemory(0, filled), cancellationToken);
                }
            }

            var digest = hash.GetHashAndReset();
            var photo = new Photo(Photo.UuidOf(digest), Convert.ToHexStringLower(digest), extension, name, bytes);
            if (!File.Exists(paths.Original(photo)))
                work.Publish(paths.Upload(photo));
            return photo;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads at least so many bytes, unless it ends before: what comes over a network comes in pieces.</summary>
    private static async ValueTask<int> FillAsync(Read readAsync, Memory<byte> buffer, int least, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < least && await readAsync(buffer[filled..], cancellationToken) is > 0 and var read)
            filled += read;
        return filled;
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

    private static UnreadablePhotoException Unreadable(Exception e) => new(e switch
    {
        UnauthorizedAccessException => "the file may not be read: permission denied",
        FileNotFoundException or DirectoryNotFoundException => "the file has gone",
        _ => $"the file cannot be read: {e.Message}",
    });
}

/// <summary>The sender has gone, or sent less than was announced.</summary>
internal sealed class BrokenUploadException(Exception reason) : Exception("The upload broke off.", reason);
