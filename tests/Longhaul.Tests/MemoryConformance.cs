using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests;

public sealed class MemoryFixture : StoreFixture
{
    public override IJobStore CreateStore() => new MemoryStore(Clock);
}

public sealed class MemoryEnqueueTests : EnqueueConformance<MemoryFixture>;

public sealed class MemoryClaimOrderTests : ClaimOrderConformance<MemoryFixture>;

public sealed class MemorySettleTests : SettleConformance<MemoryFixture>;

public sealed class MemoryHeartbeatTests : HeartbeatConformance<MemoryFixture>;

public sealed class MemoryRecoveryTests : RecoveryConformance<MemoryFixture>;

public sealed class MemorySuiteTests
{
    [Fact]
    public void Every_suite_is_inherited() => ConformanceSuite.MissingFrom(typeof(MemoryFixture).Assembly).ShouldBeEmpty();
}
