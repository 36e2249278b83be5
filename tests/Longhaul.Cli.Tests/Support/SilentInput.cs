namespace Longhaul.Cli.Tests.Support;

/// <summary>Somebody who is asked and does not answer: as a terminal's read does, it blocks and cannot be called off.</summary>
internal sealed class SilentInput : Stream
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _end = new();

    /// <summary>Ends when the answer is read.</summary>
    public Task Asked => _asked.Task;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        _asked.TrySetResult();
        _end.Wait();
        return 0;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _end.Set(); // the reader that was left behind goes on, and ends
        base.Dispose(disposing);
    }
}
