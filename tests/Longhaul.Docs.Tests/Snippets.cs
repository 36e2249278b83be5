using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Docs.Tests;

// What is between the markers is quoted in the docs, word for word.
#pragma warning disable IDE0021, IDE0022, CA1822, CA1515, CA1034, MA0048

#region snippet: payload
[Job("mail.welcome", Queue = "emails")]
public sealed record SendWelcomeEmail(string Email, string Name);
#endregion

#region snippet: handler
public sealed class SendWelcomeEmailHandler(IMailer mailer) : IJobHandler<SendWelcomeEmail>
{
    public Task HandleAsync(SendWelcomeEmail job, JobContext context, CancellationToken cancellationToken)
        => mailer.SendAsync(job.Email, $"Welcome, {job.Name}", cancellationToken);
}
#endregion

[Job("customers.import")]
public sealed record ImportCustomers(string File);

#region snippet: long-job
public sealed class ImportCustomersHandler(CustomerFiles files, CustomerStore customers) : IJobHandler<ImportCustomers>
{
    public async Task HandleAsync(ImportCustomers job, JobContext context, CancellationToken cancellationToken)
    {
        var total = await context.PhaseAsync("count", weight: 0.1, phase => files.CountAsync(job.File, phase.CancellationToken));

        await context.PhaseAsync("import", weight: 0.9, phase => phase.ForEachAsync(
            source: (long? after) => files.ReadAfterAsync(job.File, after ?? 0),
            cursor: row => row.Number,
            body: (row, token) => customers.UpsertAsync(row, token),
            new LoopOptions { Parallelism = 4, Total = total, ItemErrors = ItemErrors.Record(upToShare: 0.01) }));
    }
}
#endregion

public sealed class TransactionalHandler(CustomerFiles files) : IJobHandler<ImportCustomers>
{
    public async Task HandleAsync(ImportCustomers job, JobContext context, CancellationToken cancellationToken)
    {
        #region snippet: transactional
        await context.ForEachAsync(
            source: (long? after) => files.ReadAfterAsync(job.File, after ?? 0),
            cursor: row => row.Number,
            body: async (row, item, token) =>
            {
                await using var connection = new SqliteConnection("Data Source=app.db");
                await connection.OpenAsync(token);
                await using var transaction = await connection.BeginTransactionAsync(token);
                await InsertAsync(row, transaction, token);
                await item.SaveAsync(transaction, token); // the row and the cursor commit together, or neither does
                await transaction.CommitAsync(token);
            });
        #endregion
    }

    private static Task InsertAsync(CustomerRow row, DbTransaction transaction, CancellationToken token) => Task.CompletedTask;
}

public sealed class ErrorsHandler : IJobHandler<ImportCustomers>
{
    public Task HandleAsync(ImportCustomers job, JobContext context, CancellationToken cancellationToken)
    {
        #region snippet: decisions
        if (!File.Exists(job.File))
            throw new FailNowException($"{job.File} is not there; trying again would not help.");
        if (TooBusy())
            throw new RetryAfterException(TimeSpan.FromMinutes(10), "The warehouse asked us to come back later.");
        #endregion
        return Task.CompletedTask;
    }

    private static bool TooBusy() => false;
}

internal static class Composition
{
    public static IHost Host(string[] args)
    {
        #region snippet: host
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(args);
        builder.Services.AddSingleton<IMailer, Mailer>();
        builder.Services.AddLonghaul(longhaul => longhaul
            .UseSqlite("app.db")
            .AddHandler<SendWelcomeEmail, SendWelcomeEmailHandler>()
            .AddWorker(worker => worker.Queues("emails", "default")));
        var host = builder.Build();
        #endregion
        return host;
    }

    public static async Task<int> RunAsync(IHost host, string[] args)
    {
        #region snippet: run-cli
        return await host.RunLonghaulAsync(args);
        #endregion
    }

    public static async Task EnqueueAsync(IJobClient jobs, SqliteConnection connection, CancellationToken cancellationToken)
    {
        #region snippet: enqueue
        JobId id = await jobs.EnqueueAsync(new SendWelcomeEmail("ann@example.org", "Ann"));
        await jobs.EnqueueAsync(new SendWelcomeEmail("bob@example.org", "Bob"), new() { Delay = TimeSpan.FromMinutes(5) });
        #endregion

        #region snippet: enqueue-transaction
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await SaveOrderAsync(transaction, cancellationToken);
        await jobs.EnqueueAsync(new SendWelcomeEmail("ann@example.org", "Ann"), transaction);
        await transaction.CommitAsync(cancellationToken); // the order and the job, or neither
        #endregion

        #region snippet: look
        var job = await jobs.GetAsync(id);
        Console.WriteLine($"{job?.State} {job?.Progress?.Fraction:P0}");
        #endregion
    }

    public static void Retry(LonghaulBuilder longhaul)
    {
        #region snippet: retry-rules
        longhaul.AddHandler<ImportCustomers, ImportCustomersHandler>(handler => handler.Retry
            .FailOn<FormatException>()
            .RetryOn<HttpRequestException>(delay: TimeSpan.FromSeconds(5), maxAttempts: 10));
        #endregion
    }

    public static void Versions(LonghaulBuilder longhaul)
    {
        #region snippet: upgrade
        longhaul.AddHandler<ImportCustomers, ImportCustomersHandler>(handler => handler
            .Upgrade(fromVersion: 1, payload =>
            {
                payload["file"] = payload["path"]?.DeepClone(); // "path" became "file" in version 2
                payload.Remove("path");
                return payload;
            }));
        #endregion
    }

    private static Task SaveOrderAsync(DbTransaction transaction, CancellationToken token) => Task.CompletedTask;
}

#region snippet: failed
public sealed class InvoiceHandler(IMailer mailer) : IJobHandler<SendWelcomeEmail>
{
    public Task HandleAsync(SendWelcomeEmail job, JobContext context, CancellationToken cancellationToken)
        => mailer.SendAsync(job.Email, "Your invoice", cancellationToken);

    public Task FailedAsync(SendWelcomeEmail job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
        => mailer.SendAsync("office@example.org", $"{job.Email} did not get its invoice: {failure.Message}", cancellationToken);
}
#endregion

public interface IMailer
{
    Task SendAsync(string to, string text, CancellationToken cancellationToken);
}

public sealed class Mailer(ILogger<Mailer> logger) : IMailer
{
    public Task SendAsync(string to, string text, CancellationToken cancellationToken)
    {
        logger.LogInformation("{Text} to {To}", text, to);
        return Task.CompletedTask;
    }
}

public sealed record CustomerRow(long Number, string Name);

public sealed class CustomerFiles
{
    public Task<long> CountAsync(string file, CancellationToken cancellationToken) => Task.FromResult(0L);

    public IAsyncEnumerable<CustomerRow> ReadAfterAsync(string file, long after) => AsyncEnumerable.Empty<CustomerRow>();
}

public sealed class CustomerStore
{
    public Task UpsertAsync(CustomerRow row, CancellationToken cancellationToken) => Task.CompletedTask;
}
