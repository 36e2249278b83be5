using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Cli.Hosting;

/// <summary>The application that a command acts on: its store, and the handlers it has.</summary>
internal interface IApplication
{
    /// <summary>Whether this is the command line by itself, without an application around it.</summary>
    bool IsAlone { get; }

    /// <summary>The services, with a Longhaul in them.</summary>
    /// <param name="storeUrl">What <c>--store</c> said.</param>
    /// <param name="create">Whether a store that is not there, or is older, may be made or migrated.</param>
    /// <exception cref="CliException">No store is named, or it is named wrongly.</exception>
    IServiceProvider Services(string? storeUrl, bool create);

    /// <summary>Puts a Longhaul with the same store, and what serves it over HTTP, into a web application that is to be built.</summary>
    /// <param name="builder">The web application.</param>
    /// <param name="storeUrl">What <c>--store</c> said.</param>
    /// <exception cref="CliException">No store is named, or it is named wrongly, or the application serves itself.</exception>
    void AddTo(IHostApplicationBuilder builder, string? storeUrl);
}

internal static class ApplicationExtensions
{
    extension(IServiceProvider services)
    {
        /// <summary>The Longhaul of the application.</summary>
        /// <exception cref="CliException">There is none, or it is put together wrongly.</exception>
        public LonghaulInstance Longhaul
        {
            get
            {
                try
                {
                    return services.GetService<LonghaulInstance>()
                        ?? throw CliException.WrongUse("this application has no Longhaul", "call services.AddLonghaul(...)");
                }
                catch (LonghaulSetupException e)
                {
                    throw CliException.WrongUse(string.Join(" ", e.Problems));
                }
            }
        }

        /// <summary>How a worker of the application works, whether or not its host runs one: what code and settings say.</summary>
        public WorkerOptions WorkerOptions => SettingsReader.Read(services.GetRequiredService<LonghaulSetup>(), Settings.Of(services), []).Worker;

        /// <summary>The store as it is made, before anybody has opened it.</summary>
        public IJobStore NewStore()
        {
            var instance = services.Longhaul; // has checked that there is one
            var setup = services.GetRequiredService<LonghaulSetup>();
            var make = setup.Store ?? setup.Stores.Find(StoreSetting.Find(Settings.Of(services), instance.Options.Store, setup.Name)!);
            return make(services);
        }
    }
}
