using Longhaul.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul;

/// <summary>Names a PostgreSQL database as an application's store.</summary>
public static class PostgresLonghaulBuilderExtensions
{
    /// <summary>Keeps jobs in PostgreSQL, in this place whatever settings name; <see cref="AddPostgres"/> leaves the place to them.</summary>
    /// <param name="builder">The application's Longhaul.</param>
    /// <param name="connectionString">Npgsql's words (<c>Host=…;Database=…</c>), or an address as <c>postgres://…</c>.</param>
    /// <param name="configure">How jobs are kept there.</param>
    public static LonghaulBuilder UsePostgres(this LonghaulBuilder builder, string connectionString, Action<PostgresOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        return builder.AddPostgres().UseStore(services =>
        {
            var options = PostgresUrl.Is(connectionString) ? PostgresUrl.Read(StoreUrl.Parse(connectionString)) : new PostgresOptions { ConnectionString = connectionString };
            Serve(options, services);
            configure?.Invoke(options);
            return new PostgresStore(options);
        });
    }

    /// <summary>
    /// Lets settings name a PostgreSQL database: <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=longhaul&amp;listen=off</c>, also as
    /// <c>postgresql://…</c>; what else stands behind the question mark (<c>sslmode</c>, <c>host</c> of a socket, <c>application_name</c>, …) is as with libpq.
    /// </summary>
    /// <param name="builder">The application's Longhaul.</param>
    public static LonghaulBuilder AddPostgres(this LonghaulBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddStoreScheme("postgres", Make).AddStoreScheme("postgresql", Make);
    }

    private static PostgresStore Make(StoreUrl url, IServiceProvider services)
    {
        var options = PostgresUrl.Read(url);
        Serve(options, services);
        return new(options);
    }

    private static void Serve(PostgresOptions options, IServiceProvider services)
    {
        options.Clock = ClockOf(services);
        if (services.GetService<ILoggerFactory>() is { } loggers)
            options.Logger = loggers.CreateLogger("Longhaul.Postgres");
    }

    /// <summary>A clock that is the machine's is not passed on: the store goes by the server's.</summary>
    private static TimeProvider? ClockOf(IServiceProvider services)
        => services.GetService<TimeProvider>() is { } clock && clock != TimeProvider.System ? clock : null;
}
