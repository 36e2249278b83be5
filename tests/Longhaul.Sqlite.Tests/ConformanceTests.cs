using Longhaul.Conformance;

namespace Longhaul.Sqlite.Tests;

public sealed class SqliteActionsTests : ActionsConformance<SqliteFixture>;

public sealed class SqliteAdminTests : AdminConformance<SqliteFixture>;

public sealed class SqliteCancelTests : CancelConformance<SqliteFixture>;

public sealed class SqliteCheckpointTests : CheckpointConformance<SqliteFixture>;

public sealed class SqliteClaimOrderTests : ClaimOrderConformance<SqliteFixture>;

public sealed class SqliteContentionTests : ContentionConformance<SqliteFixture>;

public sealed class SqliteEnqueueTests : EnqueueConformance<SqliteFixture>;

public sealed class SqliteFailedJobsTests : FailedJobsConformance<SqliteFixture>;

public sealed class SqliteHeartbeatTests : HeartbeatConformance<SqliteFixture>;

public sealed class SqliteItemFailuresTests : ItemFailuresConformance<SqliteFixture>;

public sealed class SqliteLogsAndTracesTests : LogsAndTracesConformance<SqliteFixture>;

public sealed class SqliteMigrationTests : MigrationConformance<SqliteFixture>;

public sealed class SqlitePagingTests : PagingConformance<SqliteFixture>;

public sealed class SqlitePauseTests : PauseConformance<SqliteFixture>;

public sealed class SqliteProgressTests : ProgressConformance<SqliteFixture>;

public sealed class SqliteRecoveryTests : RecoveryConformance<SqliteFixture>;

public sealed class SqliteRetentionTests : RetentionConformance<SqliteFixture>;

public sealed class SqliteRetryScheduleTests : RetryScheduleConformance<SqliteFixture>;

public sealed class SqliteRunNumbersTests : RunNumbersConformance<SqliteFixture>;

public sealed class SqliteSettleTests : SettleConformance<SqliteFixture>;

public sealed class SqliteTransactionsTests : TransactionsConformance<SqliteFixture>;

public sealed class SqliteUniqueTests : UniqueConformance<SqliteFixture>;

public sealed class SqliteWakeTests : WakeConformance<SqliteFixture>;

public sealed class SuitesTests
{
    [Fact]
    public void No_suite_is_forgotten() => ConformanceSuite.MissingFrom(typeof(SuitesTests).Assembly).ShouldBeEmpty();
}
