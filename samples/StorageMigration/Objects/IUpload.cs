namespace StorageMigration.Objects;

/// <summary>A large object on its way into a store. Nobody sees it before it is complete. One caller at a time.</summary>
internal interface IUpload : IAsyncDisposable
{
    /// <summary>Names it for <see cref="IObjectStore.ResumeAsync"/>.</summary>
    string Token { get; }

    /// <summary>How many bytes have safely arrived: the next piece begins here.</summary>
    long Arrived { get; }

    /// <summary>Sends the next piece.</summary>
    /// <param name="piece">As many bytes as <see cref="UploadPieces.Of"/> says of the object, but the last one.</param>
    /// <param name="cancellationToken">Cancels the write; the piece has then not arrived.</param>
    Task AppendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken);

    /// <summary>Makes the object visible under its key.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Gives it up, with what has arrived.</summary>
    Task AbortAsync(CancellationToken cancellationToken);
}
