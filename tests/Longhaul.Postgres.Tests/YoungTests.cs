using Longhaul.Conformance;
using Longhaul.Servers;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>A schema in which every plain run shares a row, however few are claimed together: what else only many jobs at once would meet.</summary>
public sealed class YoungFixture() : SchemaFixture(YoungSchemas)
{
    private static readonly SchemaPool YoungSchemas = new();

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await base.PrepareAsync(cancellationToken);
        if (IsThere)
            return;
        await OpenStoreAsync(cancellationToken);
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = new NpgsqlCommand("CREATE OR REPLACE FUNCTION lh_many() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

// The way of a job whose run is young until somebody asks more of it.

public sealed class YoungSettleTests : SettleConformance<YoungFixture>;

public sealed class YoungOrdersTests : OrdersConformance<YoungFixture>;

public sealed class YoungHoldTests : HoldConformance<YoungFixture>;

public sealed class YoungRunNumbersTests : RunNumbersConformance<YoungFixture>;

public sealed class YoungCancelTests : CancelConformance<YoungFixture>;

public sealed class YoungPauseTests : PauseConformance<YoungFixture>;

public sealed class YoungActionsTests : ActionsConformance<YoungFixture>;

public sealed class YoungProgressTests : ProgressConformance<YoungFixture>;

public sealed class YoungTransactionsTests : TransactionsConformance<YoungFixture>;

public sealed class YoungHeartbeatTests : HeartbeatConformance<YoungFixture>;

public sealed class YoungRecoveryTests : RecoveryConformance<YoungFixture>;

public sealed class YoungLossTests : LossConformance<YoungFixture>;

public sealed class YoungRetentionTests : RetentionConformance<YoungFixture>;

public sealed class YoungPagingTests : PagingConformance<YoungFixture>;

public sealed class YoungContentionTests : ContentionConformance<YoungFixture>;
