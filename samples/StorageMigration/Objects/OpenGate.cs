namespace StorageMigration.Objects;

/// <summary>Any number of requests.</summary>
internal sealed class OpenGate : IRequestGate
{
    public static readonly OpenGate Instance = new();

    public ValueTask PassAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
