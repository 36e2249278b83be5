using System.Globalization;
using Longhaul.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul;

/// <summary>Names a SQLite file as an application's store.</summary>
public static class SqliteLonghaulBuilderExtensions
{
    /// <summary>Keeps jobs in a SQLite file, in this one whatever settings name; <see cref="AddSqlite"/> leaves it to them.</summary>
    /// <param name="builder">The application's Longhaul.</param>
    /// <param name="path">The file. It is made when it is not there; its folder must exist.</param>
    /// <param name="configure">How the file is kept.</param>
    public static LonghaulBuilder UseSqlite(this LonghaulBuilder builder, string path, Action<SqliteOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return builder.AddSqlite().UseStore(services => Make(services, path, configure));
    }

    /// <summary>Lets settings name a SQLite file: <c>sqlite:FILE?synchronous=normal&amp;busyTimeout=5&amp;allowOthersToRead=true</c> (seconds).</summary>
    /// <param name="builder">The application's Longhaul.</param>
    public static LonghaulBuilder AddSqlite(this LonghaulBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddStoreScheme("sqlite", static (url, services) => Make(services, PathOf(url), options => Read(url, options)));
    }

    private static SqliteStore Make(IServiceProvider services, string path, Action<SqliteOptions>? configure)
    {
        var options = new SqliteOptions { Path = path, Clock = ClockOf(services) };
        configure?.Invoke(options);
        return new(options);
    }

    /// <summary>A clock that is the machine's is not passed on: the store's leases then go by the boot's clock.</summary>
    private static TimeProvider? ClockOf(IServiceProvider services)
        => services.GetService<TimeProvider>() is { } clock && clock != TimeProvider.System ? clock : null;

    private static string PathOf(StoreUrl url)
        => url.Location.Length > 0 ? url.Location : throw new ArgumentException("The address of a SQLite store must name a file, as sqlite:jobs.db, but names none.");

    private static void Read(StoreUrl url, SqliteOptions options)
    {
        foreach (var (key, value) in url.Query)
        {
            switch (key.ToLowerInvariant())
            {
                case "synchronous" when Enum.TryParse<SqliteSynchronous>(value, ignoreCase: true, out var synchronous):
                    options.Synchronous = synchronous;
                    break;
                case "busytimeout" when double.TryParse(value, CultureInfo.InvariantCulture, out var seconds):
                    options.BusyTimeout = TimeSpan.FromSeconds(seconds);
                    break;
                case "allowotherstoread" when bool.TryParse(value, out var allow):
                    options.AllowOthersToRead = allow;
                    break;
                default:
                    throw new ArgumentException($"An option of {url} must be synchronous=full|normal, busyTimeout=SECONDS or allowOthersToRead=true|false, but one is {key}.");
            }
        }
    }
}
