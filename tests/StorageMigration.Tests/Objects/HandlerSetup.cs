using Longhaul.Testing;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;
using StorageMigration.Objects;
using StorageMigration.Tests.Trees;

namespace StorageMigration.Tests.Objects;

/// <summary>The migration's handler with its parts, without an application: from a folder that is watched, or a plain one, to a folder.</summary>
internal sealed class HandlerSetup
{
    private readonly MigrationOptions _options;
    private readonly ObjectStores _stores;

    public HandlerSetup(ScratchFolder folder, bool isWatched = true)
    {
        (Source, Target) = (folder.Of("from"), folder.Of("to"));
        _options = new() { Root = Directory.CreateDirectory(folder.Of("storage")).FullName, Source = isWatched ? $"watched://{Source}" : Source, Target = Target, Parallelism = 1, BatchSize = 2 };
        _stores = new ObjectStores([FolderStore.Kind, Log.Kind]);
        Files = new MigrationFiles(Options.Create(_options));
        Checkpoints = new CheckpointFiles(Files);
    }

    public string Source { get; }

    public string Target { get; }

    public WatchedStore.Log Log { get; } = new();

    public MigrationFiles Files { get; }

    public CheckpointFiles Checkpoints { get; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string Write(string key, string content)
    {
        var path = Path.Combine(Source, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public Task<JobTestRun> RunAsync(MigrateImages? job = null, JobTestOptions? options = null, JobTestRun? resumeFrom = null)
    {
        var settings = Options.Create(_options);
        var handler = new MigrateImagesHandler(_stores, new MigrationStates(settings, Time), Files, Checkpoints, settings, Time);
        return JobTest.RunAsync(handler, job ?? new MigrateImages("queue-1-a"), (options ?? new JobTestOptions()) with { Time = Time }, resumeFrom, TestContext.Current.CancellationToken);
    }
}
