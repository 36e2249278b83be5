using Longhaul.Conformance;
using Longhaul.Docs.Tests;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>What docs/storage/postgres-transactions.md shows of a job that ends in its own transaction, in a worker.</summary>
public sealed class CompletionTests : ConformanceTest<PostgresFixture>
{
    private SqlSession _sql = null!;
    private NpgsqlDataSource _dataSource = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _sql = await SqlSession.OpenAsync(Fixture);
        _dataSource = NpgsqlDataSource.Create($"{Fixture.ConnectionString};Search Path={Fixture.Schema}");
        // What is booked must be an order at the commit, and not before.
        await _sql.RunAsync("CREATE TABLE orders (number int PRIMARY KEY); CREATE TABLE bookings (number int NOT NULL REFERENCES orders DEFERRABLE INITIALLY DEFERRED)");
    }

    public override async ValueTask DisposeAsync()
    {
        await _dataSource.DisposeAsync();
        await _sql.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task The_rows_and_the_end_are_there_together_or_not_at_all()
    {
        using var host = Host();
        await host.StartAsync(Cancel);
        var job = (await host.Services.GetRequiredService<IJobClient>()
            .EnqueueAsync(new BookOrder(1), new EnqueueOptions { MaxAttempts = 1_000, RetryDelay = TimeSpan.FromMilliseconds(20) }, Cancel)).Id;

        await UntilAsync(job, static record => record.FailedAttempts > 0, "a commit that the database refuses");
        (await _sql.AskAsync("SELECT count(*) FROM bookings")).ShouldBe(0L);
        (await StateOfAsync(job)).ShouldBeOneOf(JobState.Pending, JobState.Running);

        await _sql.RunAsync("INSERT INTO orders VALUES (1)");
        await UntilAsync(job, static record => record.State == JobState.Completed, "the end of the job");
        (await _sql.AskAsync("SELECT count(*) FROM bookings")).ShouldBe(1L);
        await host.StopAsync(Cancel);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    private IHost Host()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(_dataSource);
        builder.Services.AddLonghaul(longhaul => longhaul
            .UsePostgres(Fixture.ConnectionString, options => options.Schema = Fixture.Schema)
            .AddHandler<BookOrder, BookOrderHandler>()
            .AddWorker());
        return builder.Build();
    }

    private async Task UntilAsync(JobId job, Func<JobRecord, bool> isSo, string what)
    {
        async Task LookAsync()
        {
            while (!isSo(await GetAsync(job)))
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }

        await Await.WithinAsync(LookAsync(), what);
    }
}
