using Microsoft.Extensions.Options;

namespace StorageMigration.Objects.Drive;

/// <summary>What all stores on Google Drive of a process share: connections and the access token.</summary>
internal sealed class DriveClient : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly DriveToken _token;
    private readonly DriveOptions _options;
    private readonly TimeProvider _time;

    public DriveClient(IOptions<DriveOptions> options, TimeProvider time)
    {
        (_options, _time) = (options.Value, time);
        _token = new DriveToken(_options, _http, time);
    }

    /// <summary>The API for one user of it.</summary>
    public DriveApi With(IRequestGate gate) => new(_http, _token, _options, gate, _time);

    public void Dispose()
    {
        _token.Dispose();
        _http.Dispose();
    }
}
