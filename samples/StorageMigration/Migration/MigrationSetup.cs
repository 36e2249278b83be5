using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>Adds the migration of objects: S3 as a store of them, the job, and its commands.</summary>
internal static class MigrationSetup
{
    extension(LonghaulBuilder longhaul)
    {
        public LonghaulBuilder AddImageMigration()
        {
            longhaul.Services
                .AddSingleton(S3Store.Kind).AddSingleton<MigrationFiles>().AddSingleton<CheckpointFiles>().AddSingleton<MigrationStarter>().AddSingleton<StandingReader>()
                .AddSingleton<ICommand, MigrateCommand>().AddSingleton<ICommand, MonitorCommand>();
            return longhaul.AddHandler<MigrateImages, MigrateImagesHandler>();
        }
    }
}
