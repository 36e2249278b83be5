using Longhaul.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class StateKeeperTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_table_that_cannot_be_written_fails_no_migration()
    {
        var clock = new JobTestClock();
        var states = new MigrationStates(Options.Create(new MigrationOptions { Root = _folder.Path }), clock);
        var log = new Told();
        await using (var keeper = StateKeeper.Start(states, new MigrationState("queue-1-a", "1", "migrate", ""), clock, log))
        {
            await RunAsync("ALTER TABLE migrations RENAME TO away");
            clock.Advance(TimeSpan.FromSeconds(5));
            (await log.Line.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel)).ShouldContain("no such table");
            keeper.Enter("switch", 1);
            await RunAsync("ALTER TABLE away RENAME TO migrations");
            keeper.Complete();
        }

        states.Find("queue-1-a")!.Status.ShouldBe("completed");
    }

    private async Task RunAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder.Of("migrations.db")};Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private sealed class Told : ILogger
    {
        public TaskCompletionSource<string> Line { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Line.TrySetResult(formatter(state, exception));
    }
}
