using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>What the design promises of workers that stop, die, hang or lose their store, with real processes and real signals.</summary>
[Trait("Part", "crash"), Trait("Store", "sqlite")]
public sealed class ProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Stage _stage = null!;

    public async ValueTask InitializeAsync() => _stage = await Stage.OpenAsync();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task A_worker_does_its_jobs_and_ends_in_order()
    {
        var worker = await _stage.StartReadyWorkerAsync();
        for (var i = 0; i < 20; i++)
            await _stage.EnqueueAsync(static order => new ShortJob(order));

        await _stage.DrainAsync(Patience);
        worker.Terminate();
        await worker.WaitForExitAsync(Patience);

        worker.ExitCode.ShouldBe(0);
        foreach (var result in AllChecks.Run(await _stage.FinishAsync(), CheckLimits.OnSharedMachines))
            result.Violations.ShouldBeEmpty(result.ToString());
    }
}
