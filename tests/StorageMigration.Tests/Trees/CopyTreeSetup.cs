using Longhaul.Testing;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

/// <summary>The handler with its parts, without an application.</summary>
internal sealed class CopyTreeSetup(params ObjectStoreKind[] more)
{
    public TreeSettings Settings { get; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Task<JobTestRun> RunAsync(CopyTree job, JobTestOptions? options = null, JobTestRun? resumeFrom = null, CancellationToken? cancellationToken = null)
    {
        var settings = Options.Create(Settings);
        var handler = new CopyTreeHandler(new ObjectStores([FolderStore.Kind, .. more]), new RequestBudgets(settings, Time), new TreeAddresses(settings), settings, Time);
        return JobTest.RunAsync(handler, job, (options ?? new JobTestOptions()) with { Time = Time }, resumeFrom, cancellationToken ?? Cancel);
    }
}
