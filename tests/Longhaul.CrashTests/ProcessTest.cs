using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>The ground of tests with real processes: a store in a folder of its own, and no process left behind.</summary>
[Trait("Part", "crash"), Trait("Store", "sqlite")]
public abstract class ProcessTest : IAsyncLifetime
{
    /// <summary>Far beyond what anything needs on a loaded machine.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await Stage.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        Stage.KeepFolder = TestContext.Current.TestState?.Result == TestResult.Failed;
        if (Stage.KeepFolder)
            TestContext.Current.TestOutputHelper?.WriteLine($"histories and logs: {Stage.Folder}");
        await Stage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads everything out and checks every promise.</summary>
    internal async Task<IReadOnlyList<CheckResult>> CheckAsync(CheckLimits? limits = null)
    {
        var checks = AllChecks.Run(await Stage.FinishAsync(), limits ?? Limits.Checks);
        foreach (var check in checks)
            check.Violations.ShouldBeEmpty(check.ToString());
        return checks;
    }

    /// <summary>How often a promise was put to the test.</summary>
    internal static long Tried(IReadOnlyList<CheckResult> checks, string id) => checks.Single(c => c.Id == id).Exercised;
}
