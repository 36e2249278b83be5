namespace Longhaul.Cli.Hosting;

/// <summary>A host application: its own store and handlers.</summary>
internal sealed class HostApplication(IServiceProvider services) : IApplication
{
    public bool IsAlone => false;

    public IServiceProvider Services(string? storeUrl, bool create) => storeUrl is null
        ? services
        : throw CliException.WrongUse("--store does not go with an application that names its store itself", "set it in the application, or use the longhaul command by itself");
}
