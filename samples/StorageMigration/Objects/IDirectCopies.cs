namespace StorageMigration.Objects;

/// <summary>A store that copies objects of some other stores by itself, more cheaply than by reading and writing them.</summary>
internal interface IDirectCopies
{
    /// <summary>Whether it can for this source.</summary>
    bool CanCopyFrom(IObjectStore source);

    /// <summary>As <see cref="IObjectStore.WriteAsync"/>, with the bytes of an object of the source.</summary>
    Task CopyFromAsync(IObjectStore source, StoredObject stored, CancellationToken cancellationToken);
}
