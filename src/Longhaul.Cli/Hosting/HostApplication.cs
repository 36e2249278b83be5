using Longhaul.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Cli.Hosting;

/// <summary>A host application: its own handlers, and its own store unless it leaves that to settings.</summary>
internal sealed class HostApplication(IServiceProvider services) : IApplication
{
    public bool IsAlone => false;

    public IServiceProvider Services(string? storeUrl, bool create)
    {
        if (storeUrl is null)
            return services;
        if (services.GetService<LonghaulSetup>() is { Store: not null } || services.GetService<IConfiguration>() is not { } configuration)
            throw CliException.WrongUse("--store does not go with an application that names its store itself", "set it in the application, or use the longhaul command by itself");
        configuration["LONGHAUL_STORE"] = StoreOption.Checked(storeUrl); // wins over all other settings, and nobody has asked for the store yet
        return services;
    }

    public void AddTo(IHostApplicationBuilder builder, string? storeUrl)
        => throw CliException.WrongUse("an application serves its own API", "call AddHttp and app.MapLonghaul in it, or use the longhaul command by itself");
}
