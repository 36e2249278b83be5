using Longhaul;

namespace StorageMigration.Migration;

/// <summary>The large objects on their way, in the checkpoint. Used by any number of threads.</summary>
internal sealed class UploadBook
{
    private readonly Dictionary<string, PendingUpload> _pending;
    private readonly JobCheckpoint? _checkpoint;

    /// <param name="checkpoint">Keeps them; null: nobody does.</param>
    /// <param name="fromFile">What an earlier run left, where the checkpoint knows nothing of it.</param>
    public UploadBook(JobCheckpoint? checkpoint, IReadOnlyDictionary<string, PendingUpload>? fromFile)
    {
        _checkpoint = checkpoint;
        var left = checkpoint?.Get<Dictionary<string, PendingUpload>>() ?? fromFile ?? new Dictionary<string, PendingUpload>();
        _pending = new Dictionary<string, PendingUpload>(left, StringComparer.Ordinal);
    }

    public PendingUpload? Find(string key)
    {
        lock (_pending)
            return _pending.GetValueOrDefault(key);
    }

    public void Put(string key, PendingUpload upload)
    {
        lock (_pending)
        {
            _pending[key] = upload;
            _checkpoint?.Set(_pending);
        }
    }

    /// <summary>As <see cref="Put"/>, and writes the checkpoint: an upload that nobody knows of cannot be resumed.</summary>
    public Task PutNowAsync(string key, PendingUpload upload, CancellationToken cancellationToken)
    {
        Put(key, upload);
        return _checkpoint?.SaveAsync(cancellationToken) ?? Task.CompletedTask;
    }

    public void Remove(string key)
    {
        lock (_pending)
        {
            if (_pending.Remove(key))
                _checkpoint?.Set(_pending);
        }
    }

    public Dictionary<string, PendingUpload> All()
    {
        lock (_pending)
            return new Dictionary<string, PendingUpload>(_pending, StringComparer.Ordinal);
    }
}
