using System.Data;
using System.Data.Common;

namespace Longhaul.Tests.Client;

/// <summary>Stands for a transaction where only its presence counts.</summary>
internal sealed class NoTransaction : DbTransaction
{
    public override IsolationLevel IsolationLevel => IsolationLevel.ReadCommitted;

    protected override DbConnection? DbConnection => null;

    public override void Commit() { }

    public override void Rollback() { }
}
