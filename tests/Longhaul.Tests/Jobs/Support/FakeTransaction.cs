using System.Data;
using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

/// <summary>A transaction on a <see cref="FakeJob"/>: what was saved in it is stored when it commits.</summary>
internal sealed class FakeTransaction(FakeJob job) : DbTransaction
{
    private readonly List<RunUpdate> _updates = [];

    public override IsolationLevel IsolationLevel => IsolationLevel.ReadCommitted;

    protected override DbConnection? DbConnection => null;

    public void Add(RunUpdate update) => _updates.Add(update);

    public override void Commit() => _updates.ForEach(job.Store);

    public override void Rollback() => _updates.Clear();
}
