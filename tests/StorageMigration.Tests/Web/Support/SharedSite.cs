namespace StorageMigration.Tests.Web;

/// <summary>The application for the tests of a class, which come one after the other: each finds what those before it have left.</summary>
public abstract class SharedSite : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private Site? _site;

    internal Site Site => _site ?? throw new InvalidOperationException("It has not started.");

    /// <summary>Its root.</summary>
    internal string Root => _folder.Path;

    public async ValueTask InitializeAsync() => _site = await StartAsync(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        if (_site is not null)
            await _site.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<Site> StartAsync(string root);
}

/// <summary>Without a worker: what is enqueued stays so.</summary>
public sealed class IdleSite : SharedSite
{
    private protected override Task<Site> StartAsync(string root) => Site.StartAsync(root, Site.NoWorker);
}

/// <summary>With a worker.</summary>
public sealed class WorkingSite : SharedSite
{
    private protected override Task<Site> StartAsync(string root) => Site.StartAsync(root);
}
