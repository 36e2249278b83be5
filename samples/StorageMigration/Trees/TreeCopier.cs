using System.Buffers;
using System.Runtime.ExceptionServices;
using Longhaul;
using Microsoft.Extensions.Logging;
using StorageMigration.Objects;

namespace StorageMigration.Trees;

/// <summary>Copies one file after the other, or several side by side, from one store to another.</summary>
internal sealed class TreeCopier : IDisposable
{
    /// <summary>So many large files at once, whatever the parallelism: each takes the memory of a piece.</summary>
    private const int LargeAtOnce = 4;

    private const int MostBytesOfARead = 256 * 1024;
    private const int FewestBytesOfARead = 4 * 1024;
    private static readonly TimeSpan SameTime = TimeSpan.FromSeconds(1); // some stores keep whole seconds

    private readonly IObjectStore _source;
    private readonly IObjectStore _target;
    private readonly IDirectCopies? _direct;
    private readonly CopyOptions _options;
    private readonly JobContext _context;
    private readonly JobCheckpoint _checkpoint;
    private readonly TreeMeter _meter;
    private readonly TreeTrouble _trouble;
    private readonly int _bytesOfARead;
    private readonly SemaphoreSlim _large = new(LargeAtOnce);

    public TreeCopier(IObjectStore source, IObjectStore target, CopyOptions options, JobContext context, JobCheckpoint checkpoint, TreeMeter meter, TreeTrouble trouble)
    {
        (_source, _target, _options, _context, _checkpoint, _meter, _trouble) = (source, target, options, context, checkpoint, meter, trouble);
        _direct = target is IDirectCopies direct && direct.CanCopyFrom(source) ? direct : null;
        _bytesOfARead = options.BytesPerSecond is { } limit ? (int)Math.Clamp(limit / 8, FewestBytesOfARead, MostBytesOfARead) : MostBytesOfARead;
    }

    public async Task CopyAsync(StoredObject stored, ItemContext item, CancellationToken cancellationToken)
    {
        item.Label = stored.Key;
        try
        {
            if (WhyNot(stored) is { } why)
                Skip(stored, why);
            else if (_options.SkipUnchanged && await HasAlreadyAsync(stored, cancellationToken))
                _meter.Unchanged();
            else
                await CopyBytesAsync(stored, item, cancellationToken);
            _trouble.Over();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && _trouble.Judge(e) is var judged)
        {
            if (judged is not (ThrottledException or RetryAfterException or FailNowException or LeaseLostException))
                await GiveUpAsync(stored);
            ExceptionDispatchInfo.Throw(judged);
        }
    }

    public void Dispose() => _large.Dispose();

    private static string? WhyNot(StoredObject stored) => stored switch
    {
        { NoBytes: { } why } => why,
        { Length: 0 } when stored.Key.EndsWith('/') => "it stands for a folder",
        _ => null,
    };

    private void Skip(StoredObject stored, string why)
    {
        if (_context.Log.IsEnabled(LogLevel.Information))
            _context.Log.LogInformation("skipped {Key}: {Why}", stored.Key, why);
        _meter.Skipped();
    }

    private async Task<bool> HasAlreadyAsync(StoredObject stored, CancellationToken cancellationToken)
        => await _target.FindAsync(stored.Key, cancellationToken) is { } there && there.Length == stored.Length && there.Changed + SameTime > stored.Changed;

    private Task CopyBytesAsync(StoredObject stored, ItemContext item, CancellationToken cancellationToken)
    {
        if (stored.Length >= UploadPieces.WorthIt)
            return CopyInPiecesAsync(stored, item, cancellationToken);
        return _direct is not null && (_options.BytesPerSecond is null || stored.Length <= _bytesOfARead)
            ? CopyDirectlyAsync(_direct, stored, item, cancellationToken)
            : CopyWholeAsync(stored, item, cancellationToken);
    }

    private async Task CopyDirectlyAsync(IDirectCopies direct, StoredObject stored, ItemContext item, CancellationToken cancellationToken)
    {
        await direct.CopyFromAsync(_source, stored, cancellationToken);
        try
        {
            await item.ReportBytesAsync(stored.Length, _context.CancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The run is to stop, and nothing follows that would have to be slowed down. The file is copied.
        }

        _meter.Copied(stored, moved: 0);
    }

    private async Task CopyWholeAsync(StoredObject stored, ItemContext item, CancellationToken cancellationToken)
    {
        var moved = 0L;
        var copied = false;
        try
        {
            await using (var content = await _source.OpenAsync(stored, 0, cancellationToken))
            await using (var metered = new MeteredStream(content, _bytesOfARead, MovedAsync))
                await _target.WriteAsync(stored.Key, await FactsAsync(stored, cancellationToken), stored.Length, metered, cancellationToken);
            if (moved != stored.Length)
                throw ChangedMeanwhile(stored, moved);
            copied = true;
            _meter.Copied(stored, moved);
        }
        finally
        {
            if (!copied)
                _meter.TakeBack(moved);
        }

        ValueTask MovedAsync(int bytes, CancellationToken token)
        {
            moved += bytes;
            _meter.Moved(bytes);
            return item.ReportBytesAsync(bytes, token);
        }
    }

    private async Task CopyInPiecesAsync(StoredObject stored, ItemContext item, CancellationToken cancellationToken)
    {
        await _large.WaitAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(UploadPieces.Of(stored.Length));
        var moved = 0L;
        var copied = false;
        try
        {
            await using var upload = await ResumeAsync(stored, cancellationToken) ?? await BeginAsync(stored, cancellationToken);
            Count(upload.Arrived);
            await using (var content = await _source.OpenAsync(stored, upload.Arrived, cancellationToken))
            await using (var metered = new MeteredStream(content, _bytesOfARead, MovedAsync))
            {
                while (upload.Arrived < stored.Length)
                {
                    var wanted = (int)Math.Min(UploadPieces.Of(stored.Length), stored.Length - upload.Arrived);
                    var read = await metered.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, cancellationToken);
                    if (read < wanted)
                        throw ChangedMeanwhile(stored, upload.Arrived + read);
                    await upload.AppendAsync(buffer.AsMemory(0, wanted), cancellationToken);
                }
            }

            await upload.CompleteAsync(cancellationToken);
            copied = true;
            _meter.Copied(stored, moved);
        }
        finally
        {
            if (!copied)
                _meter.TakeBack(moved);
            ArrayPool<byte>.Shared.Return(buffer);
            _large.Release();
        }

        void Count(long bytes)
        {
            moved += bytes;
            _meter.Moved(bytes);
        }

        ValueTask MovedAsync(int bytes, CancellationToken token)
        {
            Count(bytes);
            return item.ReportBytesAsync(bytes, token);
        }
    }

    /// <summary>Goes on inside a file that an earlier try has begun, unless the source has another one now.</summary>
    private async Task<IUpload?> ResumeAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        if (_meter.Begun(stored.Key) is not { } begun)
            return null;
        var upload = await _target.ResumeAsync(stored.Key, begun.Token, begun.Length, cancellationToken);
        if (upload is null || begun == new BegunFile(begun.Token, stored.Length, stored.Changed, stored.Tag))
            return upload;
        await using (upload)
            await upload.AbortAsync(cancellationToken);
        return null;
    }

    private async Task<IUpload> BeginAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        var upload = await _target.BeginAsync(stored.Key, await FactsAsync(stored, cancellationToken), stored.Length, cancellationToken);
        _meter.Begin(stored.Key, new BegunFile(upload.Token, stored.Length, stored.Changed, stored.Tag));
        await _checkpoint.SaveAsync(cancellationToken); // now: what nobody knows of stays in the target for ever
        return upload;
    }

    /// <summary>The file is on record as failed: what has arrived of it goes.</summary>
    private async Task GiveUpAsync(StoredObject stored)
    {
        if (_meter.Begun(stored.Key) is { } begun)
        {
            try
            {
                await using var upload = await _target.ResumeAsync(stored.Key, begun.Token, begun.Length, CancellationToken.None);
                if (upload is not null)
                    await upload.AbortAsync(CancellationToken.None);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _context.Log.LogWarning("What has arrived of {Key} could not be removed: {Error}", stored.Key, e.Message);
            }
        }

        _meter.Failed(stored.Key);
    }

    private async ValueTask<ObjectFacts> FactsAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        var facts = _target.KeepsFacts ? await _source.ReadFactsAsync(stored, cancellationToken) : ObjectFacts.None;
        return facts with { Changed = facts.Changed ?? stored.Changed };
    }

    private static IOException ChangedMeanwhile(StoredObject stored, long read)
        => new($"'{stored.Key}' had {stored.Length} bytes when it was listed, but gave {read}: it was changed meanwhile. Run the failed items again.");
}
