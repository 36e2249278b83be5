using System.Reflection;

namespace Longhaul.Conformance;

// This file is compiled into the test project of every store, which says what StoreUnderTest is: no store's tests can leave out a suite.

public sealed class ActionsTests : ActionsConformance<StoreUnderTest>;

public sealed class AdminTests : AdminConformance<StoreUnderTest>;

public sealed class CancelTests : CancelConformance<StoreUnderTest>;

public sealed class CheckpointTests : CheckpointConformance<StoreUnderTest>;

public sealed class ClaimOrderTests : ClaimOrderConformance<StoreUnderTest>;

public sealed class ContentionTests : ContentionConformance<StoreUnderTest>;

public sealed class EnqueueTests : EnqueueConformance<StoreUnderTest>;

public sealed class FailedJobsTests : FailedJobsConformance<StoreUnderTest>;

public sealed class HeartbeatTests : HeartbeatConformance<StoreUnderTest>;

public sealed class HoldTests : HoldConformance<StoreUnderTest>;

public sealed class ItemFailuresTests : ItemFailuresConformance<StoreUnderTest>;

public sealed class LogsAndTracesTests : LogsAndTracesConformance<StoreUnderTest>;

public sealed class LossTests : LossConformance<StoreUnderTest>;

public sealed class MigrationTests : MigrationConformance<StoreUnderTest>;

public sealed class OrdersTests : OrdersConformance<StoreUnderTest>;

public sealed class PagingTests : PagingConformance<StoreUnderTest>;

public sealed class PauseTests : PauseConformance<StoreUnderTest>;

public sealed class ProgressTests : ProgressConformance<StoreUnderTest>;

public sealed class RecordsTests : RecordsConformance<StoreUnderTest>;

public sealed class RecoveryTests : RecoveryConformance<StoreUnderTest>;

public sealed class RetentionTests : RetentionConformance<StoreUnderTest>;

public sealed class RetryScheduleTests : RetryScheduleConformance<StoreUnderTest>;

public sealed class RunNumbersTests : RunNumbersConformance<StoreUnderTest>;

public sealed class SettleTests : SettleConformance<StoreUnderTest>;

public sealed class TransactionsTests : TransactionsConformance<StoreUnderTest>;

public sealed class UniqueTests : UniqueConformance<StoreUnderTest>;

public sealed class WakeTests : WakeConformance<StoreUnderTest>;

public sealed class EverySuiteTests
{
    /// <summary>Of those that there are, none is missing above.</summary>
    [Fact, Trait("Part", "conformance")]
    public void Every_suite_is_listed() => ConformanceSuite.MissingFrom(Assembly.GetExecutingAssembly()).ShouldBeEmpty();
}
