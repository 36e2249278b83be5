using System.Data.Common;
using Dapper;
using Longhaul.Conformance;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>The job commits with the application's rows, whatever library writes those.</summary>
public sealed class TransactionLibraryTests : ConformanceTest<PostgresFixture>
{
    private ServiceProvider _services = null!;

    private IJobClient Jobs => _services.GetRequiredService<IJobClient>();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddLonghaul(longhaul => longhaul.UsePostgres(Fixture.ConnectionString, options => options.Schema = Fixture.Schema))
            .BuildServiceProvider();
        await using var sql = await SqlSession.OpenAsync(Fixture);
        await sql.RunAsync("CREATE TABLE orders (id int PRIMARY KEY, email text NOT NULL)");
    }

    public override async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_nothing_but_npgsql(bool commit)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await using (var insert = new NpgsqlCommand("INSERT INTO orders VALUES (1, 'ann@example.org')", connection, transaction))
            await insert.ExecuteNonQueryAsync(Cancel);
        await Jobs.EnqueueAsync(new ConfirmOrder(1), transaction, cancellationToken: Cancel);

        await EndAsync(transaction, commit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_dapper(bool commit)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await connection.ExecuteAsync("INSERT INTO orders VALUES (@Id, @Email)", new { Id = 1, Email = "ann@example.org" }, transaction);
        await Jobs.EnqueueAsync(new ConfirmOrder(1), transaction, cancellationToken: Cancel);

        await EndAsync(transaction, commit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_the_function_through_dapper(bool commit)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await connection.ExecuteAsync("INSERT INTO orders VALUES (@Id, @Email)", new { Id = 1, Email = "ann@example.org" }, transaction);
        await connection.ExecuteScalarAsync<long>("SELECT enqueue(@name, @payload, queue => 'orders')", new { name = "orders.confirm", payload = """{"number":1}""" }, transaction);

        await EndAsync(transaction, commit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_ef_core(bool commit)
    {
        await using var db = new Shop(Options());
        await using var transaction = await db.Database.BeginTransactionAsync(Cancel);
        db.Orders.Add(new Order { Id = 1, Email = "ann@example.org" });
        await db.SaveChangesAsync(Cancel);
        await Jobs.EnqueueAsync(new ConfirmOrder(1), transaction.GetDbTransaction(), cancellationToken: Cancel);

        await EndAsync(transaction.GetDbTransaction(), commit);
    }

    [Fact]
    public async Task Many_with_ef_core_and_a_savepoint()
    {
        await using var db = new Shop(Options());
        await using var transaction = await db.Database.BeginTransactionAsync(Cancel);
        db.Orders.Add(new Order { Id = 1, Email = "ann@example.org" });
        await db.SaveChangesAsync(Cancel);
        await transaction.CreateSavepointAsync("before", Cancel);
        (await Jobs.EnqueueManyAsync(Enumerable.Range(0, 10).Select(static i => new ConfirmOrder(i)), transaction.GetDbTransaction(), cancellationToken: Cancel)).ShouldBe(10);
        await transaction.RollbackToSavepointAsync("before", Cancel);
        (await Jobs.EnqueueManyAsync(Enumerable.Range(0, 3).Select(static i => new ConfirmOrder(i)), transaction.GetDbTransaction(), cancellationToken: Cancel)).ShouldBe(3);
        await transaction.CommitAsync(Cancel);

        (await CountAsync()).ShouldBe((1, 3));
    }

    [Fact]
    public async Task A_unique_job_is_found_inside_the_transaction()
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var first = await Jobs.EnqueueAsync(new ConfirmOrder(1), transaction, new() { UniqueKey = "1" }, Cancel);
        var second = await Jobs.EnqueueAsync(new ConfirmOrder(1), transaction, new() { UniqueKey = "1" }, Cancel);
        await transaction.CommitAsync(Cancel);

        (second.Id, second.Created).ShouldBe((first.Id, false));
    }

    private async Task EndAsync(DbTransaction transaction, bool commit)
    {
        (await CountAsync()).ShouldBe((0, 0)); // nobody sees either before the commit
        if (commit)
            await transaction.CommitAsync(Cancel);
        else
            await transaction.RollbackAsync(Cancel);

        (await CountAsync()).ShouldBe(commit ? (1, 1) : (0, 0));
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    private async Task<(long Orders, long Jobs)> CountAsync()
    {
        await using var sql = await SqlSession.OpenAsync(Fixture);
        return ((long)(await sql.AskAsync("SELECT count(*) FROM orders"))!, (long)(await sql.AskAsync("SELECT count(*) FROM jobs"))!);
    }

    private async Task<NpgsqlConnection> ConnectAsync() => (await SqlSession.OpenAsync(Fixture)).Connection;

    private DbContextOptions<Shop> Options()
        => new DbContextOptionsBuilder<Shop>().UseNpgsql($"{Fixture.ConnectionString};Pooling=False;Search Path={Fixture.Schema}").Options;
}

[Job("orders.confirm", Queue = "orders")]
public sealed record ConfirmOrder(int Number);

public sealed class Order
{
    public int Id { get; set; }

    public required string Email { get; set; }
}

public sealed class Shop(DbContextOptions<Shop> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Order>(static order =>
    {
        order.ToTable("orders");
        order.Property(static o => o.Id).HasColumnName("id").ValueGeneratedNever();
        order.Property(static o => o.Email).HasColumnName("email");
    });
}
