using Longhaul.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Sqlite.Tests;

/// <summary>A handler that completes its job in its own transaction.</summary>
public sealed class CompletionTests : IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private IHost? _host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Job("pay")]
    private sealed record Pay(int Amount);

    [Fact]
    public async Task What_the_run_told_is_there_with_the_callers_row()
    {
        var job = await RunAsync(async (pay, context, transaction, token) =>
        {
            context.Log.LogInformation("paid {Amount}", pay.Amount);
            context.SetResult(pay.Amount);
            await context.CompleteAsync(transaction, token);
            await transaction.CommitAsync(token);
        });

        job.State.ShouldBe(JobState.Completed);
        job.Result.ShouldNotBeNull();
        job.RunNumber.ShouldBe(1);
        (await _host!.Services.GetRequiredService<IJobStore>().ListLogsAsync(new LogFilter { Job = job.Id }, new PageRequest(10), Cancel))
            .Items.ShouldHaveSingleItem().Line.Text.ShouldBe("paid 5");
        Paid().ShouldBe(1);
    }

    [Fact]
    public async Task An_error_after_the_commit_changes_nothing()
    {
        var job = await RunAsync(async (_, context, transaction, token) =>
        {
            await context.CompleteAsync(transaction, token);
            await transaction.CommitAsync(token);
            throw new TimeoutException("too late");
        });

        job.State.ShouldBe(JobState.Completed);
        job.Error.ShouldBeNull();
        Paid().ShouldBe(1);
    }

    [Fact]
    public async Task A_run_whose_transaction_does_not_commit_is_tried_again()
    {
        var tries = 0;
        var job = await RunAsync(async (_, context, transaction, token) =>
        {
            await context.CompleteAsync(transaction, token);
            if (++tries == 1)
                throw new TimeoutException("the commit failed");
            await transaction.CommitAsync(token);
        });

        job.State.ShouldBe(JobState.Completed);
        (job.FailedAttempts, job.RunNumber).ShouldBe((1, 2));
        Paid().ShouldBe(1);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync(Cancel);
            _host.Dispose();
        }

        await _folder.DisposeAsync();
    }

    /// <summary>Runs one job whose handler writes a row in a transaction and ends it as told, until the job has ended.</summary>
    private async Task<JobRecord> RunAsync(Func<Pay, JobContext, SqliteTransaction, CancellationToken, Task> end)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddLonghaul(longhaul => longhaul
            .UseSqlite(_folder.Path)
            .AddHandler<Pay>(async (pay, context, token) =>
            {
                await using var connection = new SqliteConnection($"Data Source={_folder.Path};Pooling=False");
                await connection.OpenAsync(token);
                await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(token);
                Execute(connection, "CREATE TABLE IF NOT EXISTS paid (job INTEGER)");
                Execute(connection, "INSERT INTO paid VALUES (1)");
                await end(pay, context, transaction, token);
            })
            .AddWorker());
        _host = builder.Build();
        await _host.StartAsync(Cancel);
        var jobs = _host.Services.GetRequiredService<IJobClient>();
        var id = (await jobs.EnqueueAsync(new Pay(5), new() { RetryDelay = TimeSpan.FromMilliseconds(1) }, Cancel)).Id;
        await jobs.WaitAsync(id, TimeSpan.FromSeconds(30), Cancel);
        return (await _host.Services.GetRequiredService<IJobStore>().GetJobAsync(id, Cancel))!;
    }

    private long Paid()
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM paid";
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
