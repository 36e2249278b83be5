using Longhaul.Jobs;
using Longhaul.Memory;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Hosting;

/// <summary>The kinds of store that this program can make of an address.</summary>
internal sealed class StoreCatalog
{
    /// <summary>Kinds that exist, and where: so that a missing package is not taken for a wrong word.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new(StringComparer.Ordinal)
    {
        ["sqlite"] = "UseSqlite or AddSqlite of the package Longhaul.Sqlite",
        ["postgres"] = "UsePostgres or AddPostgres of the package Longhaul.Postgres",
        ["redis"] = "UseRedis or AddRedis of the package Longhaul.Redis",
    };

    private readonly Dictionary<string, Func<StoreUrl, IServiceProvider, IJobStore>> _schemes =
        new(StringComparer.OrdinalIgnoreCase) { ["memory"] = static (_, services) => Memory(services), ["sync"] = static (_, services) => Sync(services) };

    /// <summary>The memory under <see cref="LonghaulBuilder.UseSync"/>.</summary>
    public static MemoryStore Sync(IServiceProvider services) => new(services.GetService<TimeProvider>(), "sync");

    public static MemoryStore Memory(IServiceProvider services) => new(services.GetService<TimeProvider>());

    /// <summary>The addresses that can be given, for people.</summary>
    public string Forms => string.Join(", ", _schemes.Keys.Select(Form).Append("memory:").Append("sync:").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    public void Add(string scheme, Func<StoreUrl, IServiceProvider, IJobStore> make) => _schemes[scheme] = make;

    /// <summary>How to make the store of an address.</summary>
    /// <exception cref="ArgumentException">There is no such store here.</exception>
    public Func<IServiceProvider, IJobStore> Find(StoreUrl url)
    {
        if (_schemes.TryGetValue(url.Scheme, out var make))
            return services => make(url, services);
        throw new ArgumentException(Refusal(url));
    }

    private string Refusal(StoreUrl url)
    {
        var kind = url.Scheme switch
        {
            "postgresql" or "pgsql" => "postgres",
            "rediss" => "redis",
            var other => other,
        };
        if (kind == "sqs")
            return StoreSetting.NoSqs;
        return Elsewhere.TryGetValue(kind, out var call)
            ? $"The store {url} needs a package that is not in this build. Add {call}, or use one of {Forms}."
            : $"The address of a store must be one of {Forms}, but was {Quoted.Text(url.ToString())}.";
    }

    private static string Form(string scheme) => scheme switch
    {
        "sqlite" => "sqlite:FILE",
        "memory" or "sync" => scheme + ":",
        _ => scheme + "://…",
    };
}
