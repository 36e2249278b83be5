using Longhaul.Conformance;

namespace Longhaul.Postgres.Tests;

/// <summary>A test of what other programs do in SQL, which goes by the server's clock: the store's stands ten minutes before it, and does not run.</summary>
public abstract class SqlTest : ConformanceTest<PostgresFixture>
{
    /// <summary>How long ago the store's clock thinks it is.</summary>
    protected static readonly TimeSpan Ago = TimeSpan.FromMinutes(10);

    private SqlSession? _sql;

    /// <summary>The other program.</summary>
    protected SqlSession Sql => _sql ?? throw new InvalidOperationException("It is opened with the test.");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _sql = await SqlSession.OpenAsync(Fixture);
        Clock.Advance(TimeProvider.System.GetUtcNow() - Ago - Clock.Now);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_sql is not null)
            await _sql.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The store's clock comes up with the server's: what SQL has made due can be claimed.</summary>
    protected void CatchUp() => Clock.Advance(Ago + TimeSpan.FromMinutes(1));
}
