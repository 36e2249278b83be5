using StorageMigration.Tests.Campaign;
using StorageMigration.Tests.Objects;

[assembly: AssemblyFixture(typeof(SharedS3))]

namespace StorageMigration.Tests.Objects;

/// <summary>The S3 server of the run, started by the first who asks for it.</summary>
public sealed class SharedS3 : IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly Lock _gate = new();
    private Task<S3Server>? _server;

    public async ValueTask DisposeAsync()
    {
        if (_server is { IsCompletedSuccessfully: true })
            await (await _server).DisposeAsync();
        _folder.Dispose();
    }

    internal Task<S3Server> ServerAsync()
    {
        lock (_gate)
            return _server ??= S3Places.StartAsync(_folder.Of("s3"));
    }
}

/// <summary>Places in an S3 server, for the tests of a class. Each takes a prefix of its own.</summary>
public abstract class S3Places : IAsyncLifetime
{
    public const string Bucket = "assets", Other = "moved";

    private static int _prefixes;

    private S3Server? _server;

    internal S3Server Server => _server ?? throw new InvalidOperationException("It has not started.");

    internal static string Scripts => Path.Combine(Sources.Root, "tests", "StorageMigration.Tests", "s3");

    /// <summary>A place of one's own in a bucket.</summary>
    internal string Place(string bucket = Bucket) => Server.Address(bucket, $"place-{Interlocked.Increment(ref _prefixes)}");

    public async ValueTask InitializeAsync() => _server = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    internal static Task<S3Server> StartAsync(string folder) => S3Server.StartAsync(Scripts, folder, partDelay: 0, Bucket, Other);

    private protected abstract Task<S3Server> OpenAsync();
}

/// <summary>In the server of the run, which nobody may kill or make refuse.</summary>
public sealed class S3Fixture(SharedS3 shared) : S3Places
{
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override Task<S3Server> OpenAsync() => shared.ServerAsync();
}

/// <summary>In a server of the class alone.</summary>
public sealed class LoneS3 : S3Places
{
    private readonly ScratchFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private protected override Task<S3Server> OpenAsync() => StartAsync(_folder.Of("s3"));
}
