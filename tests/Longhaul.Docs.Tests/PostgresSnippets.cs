using Dapper;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Longhaul.Docs.Tests;

// What is between the markers is quoted in docs/storage/, word for word.
#pragma warning disable IDE0021, IDE0022, CA1822, CA1515, CA1034, MA0048

internal static class PostgresSnippets
{
    public static void Use(IHostApplicationBuilder builder)
    {
        #region snippet: use-postgres
        builder.Services.AddLonghaul(longhaul => longhaul
            .UsePostgres("Host=db.example.org;Database=shop;Username=shop_worker")
            .AddHandler<SendWelcomeEmail, SendWelcomeEmailHandler>()
            .AddWorker());
        #endregion
    }

    public static async Task WithNpgsqlAsync(NpgsqlDataSource dataSource, IJobClient jobs, string email, CancellationToken cancellationToken)
    {
        #region snippet: postgres-npgsql
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var insert = new NpgsqlCommand("INSERT INTO orders (email) VALUES ($1)", connection, transaction) { Parameters = { new() { Value = email } } };
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await jobs.EnqueueAsync(new SendWelcomeEmail(email, "Ann"), transaction);
        await transaction.CommitAsync(cancellationToken); // the order and the job, or neither
        #endregion
    }

    public static async Task WithDapperAsync(NpgsqlDataSource dataSource, IJobClient jobs, string email, CancellationToken cancellationToken)
    {
        #region snippet: postgres-dapper
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("INSERT INTO orders (email) VALUES (@email)", new { email }, transaction);
        await jobs.EnqueueAsync(new SendWelcomeEmail(email, "Ann"), transaction);
        await transaction.CommitAsync(cancellationToken);
        #endregion
    }

    public static async Task WithEfCoreAsync(Shop db, IJobClient jobs, string email, CancellationToken cancellationToken)
    {
        #region snippet: postgres-ef
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Orders.Add(new Order { Email = email });
        await db.SaveChangesAsync(cancellationToken);
        await jobs.EnqueueAsync(new SendWelcomeEmail(email, "Ann"), transaction.GetDbTransaction());
        await transaction.CommitAsync(cancellationToken);
        #endregion
    }

    public static async Task CursorAsync(NpgsqlDataSource dataSource, CustomerFiles files, ImportCustomers job, JobContext context)
    {
        #region snippet: postgres-cursor
        await context.ForEachAsync(
            source: (long? after) => files.ReadAfterAsync(job.File, after ?? 0),
            cursor: row => row.Number,
            body: async (row, item, token) =>
            {
                await using var connection = await dataSource.OpenConnectionAsync(token);
                await using var transaction = await connection.BeginTransactionAsync(token);
                await connection.ExecuteAsync("INSERT INTO customers VALUES (@Number, @Name)", row, transaction);
                await item.SaveAsync(transaction, token); // the row and the cursor commit together, or neither does
                await transaction.CommitAsync(token);
            });
        #endregion
    }
}

public sealed class Order
{
    public int Id { get; set; }

    public required string Email { get; set; }
}

public sealed class Shop(DbContextOptions<Shop> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();
}
