using StorageMigration.Tests.Campaign;

namespace StorageMigration.Tests.Objects;

/// <summary>An S3 server for the tests of a class. Each takes a prefix of its own.</summary>
public sealed class S3Fixture : IAsyncLifetime
{
    public const string Bucket = "assets", Other = "moved";

    private readonly ScratchFolder _folder = new();
    private S3Server? _server;
    private int _prefixes;

    internal S3Server Server => _server ?? throw new InvalidOperationException("It has not started.");

    internal static string Scripts => Path.Combine(Sources.Root, "tests", "StorageMigration.Tests", "s3");

    /// <summary>A place of one's own in a bucket.</summary>
    internal string Place(string bucket = Bucket) => Server.Address(bucket, $"place-{Interlocked.Increment(ref _prefixes)}");

    public async ValueTask InitializeAsync() => _server = await S3Server.StartAsync(Scripts, _folder.Of("s3"), partDelay: 0, Bucket, Other);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
