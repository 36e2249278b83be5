using Longhaul.Conformance;

namespace Longhaul.Sqlite.Tests;

public sealed class SqliteEnqueueTests : EnqueueConformance<SqliteFixture>;

public sealed class SqliteClaimOrderTests : ClaimOrderConformance<SqliteFixture>;

public sealed class SqliteSettleTests : SettleConformance<SqliteFixture>;

public sealed class SqliteHeartbeatTests : HeartbeatConformance<SqliteFixture>;

public sealed class SqliteRecoveryTests : RecoveryConformance<SqliteFixture>;
