using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Tests;

public sealed class MemoryFixture : StoreFixture
{
    public override IJobStore CreateStore() => new MemoryStore(Clock);
}
