namespace StorageMigration.Objects;

/// <summary>Asked before each request that a store sends to its server.</summary>
internal interface IRequestGate
{
    /// <summary>Waits until a request may be sent.</summary>
    ValueTask PassAsync(CancellationToken cancellationToken);
}
