using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;
using StorageMigration.Objects;
using StorageMigration.Objects.Drive;

namespace StorageMigration.Trees;

/// <summary>Adds all that copies trees.</summary>
internal static class TreeSetup
{
    extension(LonghaulBuilder longhaul)
    {
        /// <summary>The job, its services, Google Drive as a store, and the command.</summary>
        public LonghaulBuilder AddTreeCopies()
        {
            var services = longhaul.Services;
            services.AddOptions<TreeSettings>().BindConfiguration("Trees").ValidateDataAnnotations().ValidateOnStart();
            services.AddOptions<DriveOptions>().BindConfiguration("Drive").ValidateDataAnnotations().ValidateOnStart();
            services.ConfigureOptions<DriveEnvironment>();
            services.AddSingleton<DriveClient>().AddSingleton<ObjectStoreKind>(static provider => DriveStore.KindOf(provider.GetRequiredService<DriveClient>()));
            services.AddSingleton<RequestBudgets>().AddSingleton<TreeAddresses>().AddSingleton<TreeJobs>().AddSingleton<ICommand, TreeCommand>();
            return longhaul.AddHandler<CopyTree, CopyTreeHandler>();
        }
    }
}
