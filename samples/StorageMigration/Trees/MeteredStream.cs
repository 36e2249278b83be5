namespace StorageMigration.Trees;

/// <summary>A source's bytes, counted and slowed down as they are read.</summary>
/// <param name="inner">Gives them. Is not disposed.</param>
/// <param name="most">Bytes of one read.</param>
/// <param name="moved">Told of each read; waits where that was too fast.</param>
internal sealed class MeteredStream(Stream inner, int most, Func<int, CancellationToken, ValueTask> moved) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
        if (read > 0)
            await moved(read, cancellationToken);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It waits where it must: read it by ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
