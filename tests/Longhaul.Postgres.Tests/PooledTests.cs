using Longhaul.Conformance;

namespace Longhaul.Postgres.Tests;

// The way of a job through a transaction pooler: what there is of a connection lasts for one transaction.

public sealed class PooledEnqueueTests : EnqueueConformance<PooledFixture>;

public sealed class PooledClaimOrderTests : ClaimOrderConformance<PooledFixture>;

public sealed class PooledSettleTests : SettleConformance<PooledFixture>;

public sealed class PooledOrdersTests : OrdersConformance<PooledFixture>;

public sealed class PooledHoldTests : HoldConformance<PooledFixture>;

public sealed class PooledHeartbeatTests : HeartbeatConformance<PooledFixture>;

public sealed class PooledRecoveryTests : RecoveryConformance<PooledFixture>;

public sealed class PooledLossTests : LossConformance<PooledFixture>;

public sealed class PooledProgressTests : ProgressConformance<PooledFixture>;
