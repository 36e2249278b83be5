using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Hosting;

/// <summary>What is set from outside: the host's configuration, and behind it the environment.</summary>
internal sealed class Settings(IConfiguration? configuration, Func<string, string?> environment)
{
    public static Settings Of(IServiceProvider services) => new(services.GetService<IConfiguration>(), Environment.GetEnvironmentVariable);

    /// <summary>A single value, such as <c>QUEUE_DEFAULT</c>; null: not set, or empty.</summary>
    public string? Value(string name)
    {
        var value = configuration?[name] ?? environment(name);
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }

    /// <summary>The section of a Longhaul.</summary>
    public IConfigurationSection? Section(string? name) => configuration?.GetSection(name is null ? "Longhaul" : $"Longhaul:Stores:{name}");
}
