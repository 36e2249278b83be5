namespace StorageMigration.Objects;

/// <summary>A place that holds objects by key: a folder, a bucket, a drive. Used by any number of threads.</summary>
internal interface IObjectStore : IAsyncDisposable
{
    /// <summary>Where it is, without secrets: for logs and reports.</summary>
    string Address { get; }

    /// <summary>Whether it keeps more beside an object's bytes than when they were changed: else nobody need ask the source for it.</summary>
    bool KeepsFacts => true;

    /// <summary>What it holds, in an order of its own that is the same at every call.</summary>
    /// <param name="after">The <see cref="StoredObject.Place"/> behind which to begin; null: at the beginning. What lies before it is not listed again.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    IAsyncEnumerable<StoredObject> ListAsync(string? after, CancellationToken cancellationToken = default);

    /// <summary>The object of a key; null: there is none.</summary>
    Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken);

    /// <summary>What is said about an object beside its bytes.</summary>
    Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken);

    /// <summary>Its bytes from an offset on.</summary>
    Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken);

    /// <summary>Writes an object whole: others see it complete or not at all. One of the same key is replaced.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="facts">What is kept beside its bytes.</param>
    /// <param name="length">How many bytes <paramref name="content"/> gives.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken);

    /// <summary>Begins to write a large object in pieces.</summary>
    Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken);

    /// <summary>Goes on with what was begun, also in another process.</summary>
    /// <param name="key">The key it was begun with.</param>
    /// <param name="token">Its <see cref="IUpload.Token"/>.</param>
    /// <param name="length">The length it was begun with.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    /// <returns>Null: the store does not know it any more.</returns>
    Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken);

    /// <summary>Deletes an object. No error where there is none.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken);
}
