using System.Globalization;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Reads <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?…</c>, which Npgsql itself does not.</summary>
internal static class PostgresUrl
{
    private const string Form = "postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=longhaul&listen=off";

    public static bool Is(string text) => text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    public static PostgresOptions Read(StoreUrl url)
    {
        var text = new NpgsqlConnectionStringBuilder();
        var location = url.Location;
        var at = location.LastIndexOf('@');
        if (at >= 0)
        {
            var colon = location.IndexOf(':', 0, at);
            text.Username = Uri.UnescapeDataString(location[..(colon < 0 ? at : colon)]);
            if (colon >= 0)
                text.Password = Uri.UnescapeDataString(location[(colon + 1)..at]);
        }

        var place = location[(at + 1)..];
        var slash = place.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? place : place[..slash];
        if (slash >= 0 && slash < place.Length - 1)
            text.Database = Uri.UnescapeDataString(place[(slash + 1)..]);
        SetHost(text, Uri.UnescapeDataString(host), url);
        var options = new PostgresOptions { ConnectionString = "" };
        foreach (var (key, value) in url.Query)
            Set(key.ToLowerInvariant(), value, text, options, url);
        if (string.IsNullOrEmpty(text.Host))
            text.Host = "127.0.0.1";
        options.ConnectionString = text.ConnectionString;
        return options;
    }

    private static void SetHost(NpgsqlConnectionStringBuilder text, string host, StoreUrl url)
    {
        if (host.Length == 0)
            return;
        var colon = host.LastIndexOf(':');
        // Several hosts, and an address of version 6 in brackets, are for Npgsql to read.
        if (colon < 0 || host.Contains(',', StringComparison.Ordinal) || host.EndsWith(']'))
        {
            text.Host = host;
            return;
        }

        if (!int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
            throw new ArgumentException($"The port of {url} must be a number from 1 to 65535, but is '{host[(colon + 1)..]}'.");
        text.Host = host[..colon];
        text.Port = port;
    }

    private static void Set(string key, string value, NpgsqlConnectionStringBuilder text, PostgresOptions options, StoreUrl url)
    {
        switch (key)
        {
            case "schema" or "search_path":
                options.Schema = value;
                break;
            case "listen" when value.ToLowerInvariant() is "on" or "true" or "off" or "false":
                options.Listen = value.ToLowerInvariant() is "on" or "true";
                break;
            case "commandtimeout" when Span(value) is { } span:
                options.CommandTimeout = span;
                break;
            case "locktimeout" when Span(value) is { } span:
                options.LockTimeout = span;
                break;
            case "connect_timeout" or "connecttimeout" when Span(value) is { } span:
                options.ConnectTimeout = span;
                break;
            default:
                if (!TrySetOfDriver(key, value, text))
                    throw new ArgumentException($"The options of {url} must be as in {Form}, or those of libpq or Npgsql, but '{key}' is none, or has a value that it cannot have.");
                break;
        }
    }

    private static bool TrySetOfDriver(string key, string value, NpgsqlConnectionStringBuilder text)
    {
        var name = key switch
        {
            "sslmode" => "SSL Mode",
            "sslrootcert" => "Root Certificate",
            "sslcert" => "SSL Certificate",
            "sslkey" => "SSL Key",
            "user" => "Username",
            "dbname" => "Database",
            "application_name" => "Application Name",
            "target_session_attrs" => "Target Session Attributes",
            "channel_binding" => "Channel Binding",
            "passfile" => "Passfile",
            "options" => "Options",
            _ => key,
        };
        try
        {
            text[name] = name is "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or KeyNotFoundException or FormatException or InvalidCastException)
        {
            return false;
        }
    }

    private static TimeSpan? Span(string seconds)
        => double.TryParse(seconds, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 86_400 ? TimeSpan.FromSeconds(value) : null;
}
