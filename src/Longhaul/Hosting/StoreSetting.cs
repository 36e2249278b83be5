using Longhaul.Jobs;

namespace Longhaul.Hosting;

/// <summary>Finds the store that the settings name: Longhaul's own, else the variables that people of other queues know.</summary>
internal static class StoreSetting
{
    public const string NoSqs =
        "A store must hold runs that are fenced, cancelled and watched, but sqs cannot: it has no way to refuse a late write, to find a job again, or to keep its progress. " +
        "Use sqlite:FILE, postgres://…, redis://…, memory: or sync:.";

    private const int DefaultRedisDatabase = 1;

    /// <param name="settings">What is set from outside.</param>
    /// <param name="configured"><see cref="LonghaulOptions.Store"/>.</param>
    /// <param name="name">Of the Longhaul; the variables are for the one without.</param>
    /// <exception cref="ArgumentException">What is set names no store.</exception>
    public static StoreUrl? Find(Settings settings, string? configured, string? name)
    {
        if (name is null && settings.Value("LONGHAUL_STORE") is { } own)
            return Parse(own, "LONGHAUL_STORE");
        if (!string.IsNullOrWhiteSpace(configured))
            return Parse(configured, name is null ? "Longhaul:Store" : $"Longhaul:Stores:{name}:Store");
        if (name is not null)
            return null;
        foreach (var variable in (ReadOnlySpan<string>)["QUEUE_CONNECTION", "QUEUE_DRIVER"])
        {
            if (settings.Value(variable) is { } driver)
                return OfDriver(variable, driver, settings);
        }

        return null;
    }

    private static StoreUrl OfDriver(string variable, string driver, Settings settings) => driver.ToLowerInvariant() switch
    {
        "sync" => StoreUrl.Parse("sync:"),
        "array" or "memory" => StoreUrl.Parse("memory:"),
        "database" => Parse(
            settings.Value("DATABASE_URL") ?? throw new ArgumentException(
                $"With {variable}=database, DATABASE_URL must say where the database is, but is not set. Set it to sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE."),
            "DATABASE_URL"),
        "redis" => StoreUrl.Parse(RedisUrl(settings)),
        "sqs" => throw new ArgumentException($"{variable}: {NoSqs}"),
        _ => throw new ArgumentException($"{variable} must be one of sync, database, redis, array, but was {Quoted.Text(driver)}."),
    };

    private static string RedisUrl(Settings settings)
    {
        var password = settings.Value("REDIS_PASSWORD") is { } p && p != "null" ? $":{Uri.EscapeDataString(p)}@" : "";
        return $"redis://{password}{settings.Value("REDIS_HOST") ?? "127.0.0.1"}:{settings.Value("REDIS_PORT") ?? "6379"}/{DefaultRedisDatabase}";
    }

    private static StoreUrl Parse(string text, string from)
    {
        try
        {
            return StoreUrl.Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{from}: {e.Message}", e);
        }
    }
}
