using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The pool of connections: to one server, or to that one of several which is as the text wants it, by default the primary.</summary>
internal sealed class ServerPool : IAsyncDisposable, IDisposable
{
    private readonly NpgsqlMultiHostDataSource? _servers;
    private readonly NpgsqlDataSource _source;

    public ServerPool(NpgsqlConnectionStringBuilder text, int size)
    {
        var pooled = new NpgsqlConnectionStringBuilder(text.ConnectionString) { Pooling = true, MinPoolSize = 0, MaxPoolSize = size };
        if (!ConnectionText.NamesSeveral(text))
        {
            _source = NpgsqlDataSource.Create(pooled);
            return;
        }

        pooled.TargetSessionAttributes = null; // the driver wants it here and not in the text
        _servers = new NpgsqlDataSourceBuilder(pooled.ConnectionString).BuildMultiHost();
        _source = _servers.WithTargetSession(ConnectionText.Wanted(text));
    }

    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>Lets all connections go that are not in use, and those in use at their return.</summary>
    public void Clear()
    {
        if (_servers is not null)
            _servers.Clear();
        else
            _source.Clear();
    }

    public void Dispose()
    {
        _source.Dispose();
        _servers?.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync().ConfigureAwait(false);
        if (_servers is not null)
            await _servers.DisposeAsync().ConfigureAwait(false);
    }
}
