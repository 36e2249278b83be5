using System.Diagnostics;
using System.Text.Json;
using Npgsql;

namespace Longhaul.Proof;

/// <summary>The handlers of the proof's jobs. Each tells the ledger what it does.</summary>
/// <param name="ledger">Where.</param>
/// <param name="store">The store's place: a database on a server is there for the handlers' own rows too.</param>
internal sealed class ProofHandlers(Ledger ledger, string store)
{
    /// <summary>Where <see cref="RowsJob"/> puts its rows. No key: a double is to be seen, not refused.</summary>
    public const string RowsTable = "CREATE TABLE IF NOT EXISTS proof_rows (job bigint NOT NULL, number bigint NOT NULL)";


    public static IReadOnlyList<string> Names { get; } = ["proof.short", "proof.long", "proof.family", "proof.stubborn", "proof.poison", "proof.block", "proof.fail", "proof.rows"];

    public void AddTo(LonghaulBuilder longhaul) => longhaul
        .AddHandler<ShortJob>(ShortAsync).AddHandler<LongJob>(LongAsync).AddHandler<FamilyJob>(FamilyAsync).AddHandler<StubbornJob>(StubbornAsync)
        .AddHandler<PoisonJob>(PoisonAsync).AddHandler<BlockJob>(BlockAsync).AddHandler<RowsJob>(RowsAsync).AddHandler<FailJob, FailHandler>();

    private async Task ShortAsync(ShortJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        await Task.Delay(TimeSpan.FromMilliseconds(job.Millis), TimeProvider.System, stop);
        FailWhile(job.Errors, context, entry);
        entry.End("done");
    }

    private async Task LongAsync(LongJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        await context.ForEachAsync(
            (long? after) => Numbers(after, job.Items),
            static item => item,
            async (item, itemStop) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(job.ItemMillis), TimeProvider.System, itemStop);
                entry.Item(item!.Value);
            },
            new LoopOptions { Parallelism = job.Parallelism, Total = job.Items });
        FailWhile(job.Errors, context, entry);
        entry.End("done");
    }

    private async Task FamilyAsync(FamilyJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        await context.ForEachAsync(
            (long? after) => Numbers(after, job.Children),
            static item => item,
            async (item, itemStop) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(job.ItemMillis), TimeProvider.System, itemStop);
                // An item in flight at a kill runs again: the key makes its child the same one.
                var child = ChildOrder(job.Order, item!.Value);
                await context.EnqueueAsync(new ShortJob(child), new EnqueueOptions { UniqueKey = $"child-{child}", UniqueScope = UniqueScope.Window, UniqueFor = TimeSpan.FromHours(6), MaxLostRuns = 50 }, itemStop);
                entry.Item(item.Value);
            });
        entry.End("done");
    }

    public static long ChildOrder(long family, long item) => (family * 1_000) + item;

    private async Task StubbornAsync(StubbornJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        var began = TimeProvider.System.GetTimestamp();
        var told = 0L;
        var steps = context.Checkpoint.Get<long>();
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMilliseconds(job.Millis))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            context.Progress.Report(++steps, null);
            context.Checkpoint.Set(steps);
            entry.Item(steps);
            if (stop.IsCancellationRequested && told == 0)
                told = TimeProvider.System.GetTimestamp();
            if (told != 0 && TimeProvider.System.GetElapsedTime(told) > TimeSpan.FromMilliseconds(job.StubbornMillis))
                stop.ThrowIfCancellationRequested();
        }

        entry.End("done");
    }

    private async Task PoisonAsync(PoisonJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stop);
        Process.GetCurrentProcess().Kill();
    }

    private Task BlockAsync(BlockJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        Thread.Sleep(job.Millis); // on purpose: a handler that never yields
        entry.End("done");
        return Task.CompletedTask;
    }

    private async Task RowsAsync(RowsJob job, JobContext context, CancellationToken stop)
    {
        using var entry = ledger.Begin(context, job.Order, stop);
        await using var database = NpgsqlDataSource.Create(store + ";Maximum Pool Size=1");
        await context.ForEachAsync(
            (long? after) => Numbers(after, job.Rows),
            static item => item,
            async (item, mine, itemStop) =>
            {
                await using var connection = await database.OpenConnectionAsync(itemStop);
                await using var transaction = await connection.BeginTransactionAsync(itemStop);
                await using var insert = new NpgsqlCommand("INSERT INTO proof_rows (job, number) VALUES ($1, $2)", connection, transaction);
                insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = context.Id.Value });
                insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = item!.Value });
                await insert.ExecuteNonQueryAsync(itemStop);
                await mine.SaveAsync(transaction, itemStop);
                if (job.HoldMillis > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(job.HoldMillis), TimeProvider.System, itemStop);
                await transaction.CommitAsync(itemStop);
            });
        entry.End("done");
    }

    private static void FailWhile(int errors, JobContext context, LedgerEntry entry)
    {
        if (context.Attempt > errors)
            return;
        entry.End("failed");
        throw new InvalidOperationException($"Attempt {context.Attempt} was to fail.");
    }

    private static IEnumerable<long?> Numbers(long? after, int last)
    {
        for (var i = (after ?? 0) + 1; i <= last; i++)
            yield return i;
    }
}

/// <summary>Fails, and is told so by its hook.</summary>
internal sealed class FailHandler(Ledger ledger) : IJobHandler<FailJob>
{
    public Task HandleAsync(FailJob job, JobContext context, CancellationToken cancellationToken)
    {
        using var entry = ledger.Begin(context, job.Order, cancellationToken);
        entry.End("failed");
        throw new InvalidOperationException("It was to fail.");
    }

    public Task FailedAsync(FailJob job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
    {
        using var entry = ledger.Begin(context, job.Order, cancellationToken);
        entry.End("hook");
        return Task.CompletedTask;
    }
}

/// <summary>Reads from a checkpoint of the engine how far it is.</summary>
internal static class EngineCheckpoint
{
    /// <summary>Items finished over all loops, and a state that is a number: it only rises.</summary>
    public static double? CursorOf(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        if (!document.RootElement.TryGetProperty("phases", out var phases))
            return null;
        var sum = 0.0;
        foreach (var phase in phases.EnumerateObject())
        {
            if (phase.Value.TryGetProperty("loop", out var loop) && loop.ValueKind == JsonValueKind.Object && loop.TryGetProperty("count", out var count))
                sum += count.GetDouble();
            if (phase.Value.TryGetProperty("state", out var state) && state.ValueKind == JsonValueKind.Number)
                sum += state.GetDouble();
        }

        return sum;
    }
}
