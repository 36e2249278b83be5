using Dapper;
using Npgsql;

namespace Longhaul.Docs.Tests;

// What is between the markers is quoted in docs/storage/, word for word, and run by the tests of PostgreSQL.
#pragma warning disable CA1515, MA0048

[Job("orders.book")]
public sealed record BookOrder(int Number);

#region snippet: postgres-complete
public sealed class BookOrderHandler(NpgsqlDataSource dataSource) : IJobHandler<BookOrder>
{
    public async Task HandleAsync(BookOrder job, JobContext context, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("INSERT INTO bookings (number) VALUES (@Number)", job, transaction);
        await context.CompleteAsync(transaction, cancellationToken); // the last call before the commit
        await transaction.CommitAsync(cancellationToken); // the booking and the job's end, or neither
    }
}
#endregion
