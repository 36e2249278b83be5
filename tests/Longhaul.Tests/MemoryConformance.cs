using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests;

public sealed class MemoryFixture : StoreFixture
{
    public override IJobStore CreateStore() => new MemoryStore(Clock);
}

public sealed class MemorySuiteTests
{
    [Fact]
    public void Every_suite_is_inherited() => ConformanceSuite.MissingFrom(typeof(MemoryFixture).Assembly).ShouldBeEmpty();
}

public sealed class MemoryEnqueueTests : EnqueueConformance<MemoryFixture>;

public sealed class MemoryUniqueTests : UniqueConformance<MemoryFixture>;

public sealed class MemoryClaimOrderTests : ClaimOrderConformance<MemoryFixture>;

public sealed class MemoryRunNumbersTests : RunNumbersConformance<MemoryFixture>;

public sealed class MemoryHeartbeatTests : HeartbeatConformance<MemoryFixture>;

public sealed class MemorySettleTests : SettleConformance<MemoryFixture>;

public sealed class MemoryRetryScheduleTests : RetryScheduleConformance<MemoryFixture>;

public sealed class MemoryProgressTests : ProgressConformance<MemoryFixture>;

public sealed class MemoryCheckpointTests : CheckpointConformance<MemoryFixture>;

public sealed class MemoryCancelTests : CancelConformance<MemoryFixture>;

public sealed class MemoryPauseTests : PauseConformance<MemoryFixture>;

public sealed class MemoryActionsTests : ActionsConformance<MemoryFixture>;

public sealed class MemoryRecoveryTests : RecoveryConformance<MemoryFixture>;

public sealed class MemoryItemFailuresTests : ItemFailuresConformance<MemoryFixture>;

public sealed class MemoryLogsAndTracesTests : LogsAndTracesConformance<MemoryFixture>;

public sealed class MemoryFailedJobsTests : FailedJobsConformance<MemoryFixture>;

public sealed class MemoryAdminTests : AdminConformance<MemoryFixture>;

public sealed class MemoryWakeTests : WakeConformance<MemoryFixture>;

public sealed class MemoryPagingTests : PagingConformance<MemoryFixture>;

public sealed class MemoryRetentionTests : RetentionConformance<MemoryFixture>;

public sealed class MemoryMigrationTests : MigrationConformance<MemoryFixture>;

public sealed class MemoryContentionTests : ContentionConformance<MemoryFixture>;

public sealed class MemoryTransactionsTests : TransactionsConformance<MemoryFixture>;
