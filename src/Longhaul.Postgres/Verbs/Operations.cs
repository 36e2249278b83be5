using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>What people do to jobs, queues and workers, and cleaning up: each call is one transaction on the server, long work many short ones.</summary>
internal sealed class Operations(Database database, WakeHub wake)
{
    private const int ActionsTogether = 100;
    private const int RemovedTogether = 1_000;
    private const int LookedAtTogether = 500; // each goes on its own: its hook may be pending or running

    public async Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
    {
        var answers = new List<ActionAnswer>(jobs.Count);
        foreach (var part in jobs.Chunk(ActionsTogether))
            answers.AddRange(await ActTogetherAsync(action, part, context, cancellationToken).ConfigureAwait(false));
        return answers;
    }

    public async Task<long> ClearAsync(string? queue, CancellationToken cancellationToken)
    {
        long all = 0;
        long? last = null;
        while (true)
        {
            (var cleared, last) = await RemoveAsync("Manage.Clear", queue, RemovedTogether, last, cancellationToken).ConfigureAwait(false);
            all += cleared;
            if (cleared == 0)
                return all;
        }
    }

    public async Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken)
    {
        long all = 0;
        long? after = 0;
        while (after is { } id)
        {
            (var flushed, after) = await RemoveAsync("Manage.FlushFailed", queue, LookedAtTogether, id, cancellationToken).ConfigureAwait(false);
            all += flushed;
        }

        return all;
    }

    public async Task SetPausedAsync(string queue, bool paused, CancellationToken cancellationToken)
    {
        await database.RunAsync(
            async (connection, cancel) =>
            {
                using var command = connection.Command(database.Sql["Manage.PauseQueue"]).With(queue).With(paused);
                _ = await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (!paused)
            wake.Wake([queue]);
    }

    public async Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Manage.OrderWorker"]).With(session.Value).With(NpgsqlDbType.Smallint, (short)order);
            return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken).ConfigureAwait(false) > 0;

    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken) => database.RunAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Manage.RestartWorkers"]).With(database.Now);
            return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken);

    public async Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Manage.Watch"]).With(job.Value).With(database.Now).With(Moments.From(JobDefaults.WatchFor));
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
        },
        cancellationToken).ConfigureAwait(false);

    public async Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
    {
        var pruned = 0;
        for (var more = true; more && pruned < limit;)
        {
            (var part, more) = await PrunePartAsync(limit - pruned, cancellationToken).ConfigureAwait(false);
            pruned += part;
        }

        return pruned;
    }

    private Task<(int Pruned, bool More)> PrunePartAsync(int limit, CancellationToken cancellationToken) => database.RunAsync(
        async (connection, cancel) =>
        {
            using var batch = connection.CreateBatch(); // one transaction
            batch.Add(database.Sql["Manage.Relaxed"]);
            batch.Add(database.Sql["Manage.Prune"]).With(NpgsqlDbType.Integer, limit).With(NpgsqlDbType.Bigint, database.Now);
            using var row = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            _ = await row.NextResultAsync(cancel).ConfigureAwait(false);
            _ = await row.ReadAsync(cancel).ConfigureAwait(false);
            return (row.GetInt32(0), row.GetBoolean(1));
        },
        cancellationToken);

    private Task<(int Removed, long? Last)> RemoveAsync(string statement, string? queue, int limit, long? last, CancellationToken cancellationToken) => database.RunAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql[statement]).With(queue).With(limit).With(last);
            using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            _ = await row.ReadAsync(cancel).ConfigureAwait(false);
            return (row.GetInt32(0), row.LongOrNull(1));
        },
        cancellationToken);

    /// <summary>Some jobs in one round trip, each a transaction of its own. Where another stood in the way of one, that one is asked again alone, when the others are done.</summary>
    private async Task<ActionAnswer[]> ActTogetherAsync(JobAction action, JobId[] jobs, ActionContext context, CancellationToken cancellationToken)
    {
        var arrived = new HashSet<string>();
        try
        {
            var answers = jobs.Length == 1 ? new ActionAnswer?[1] : await database.RunAsync(
                async (connection, cancel) =>
                {
                    using var batch = connection.CreateBatch();
                    batch.EnableErrorBarriers = true;
                    foreach (var job in jobs)
                        Add(batch, "Manage.ActOne", action, job, context);
                    batch.Add(database.Sql["Manage.Durable"]);
                    return await ReadAsync(batch, jobs, arrived, cancel).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);

            for (var i = 0; i < jobs.Length; i++)
                answers[i] ??= await ActAloneAsync(action, jobs[i], context, arrived, cancellationToken).ConfigureAwait(false);
            return Array.ConvertAll(answers, static answer => answer!.Value);
        }
        finally
        {
            if (arrived.Count > 0)
                wake.Arrived(arrived);
        }
    }

    private async Task<ActionAnswer> ActAloneAsync(JobAction action, JobId job, ActionContext context, HashSet<string> arrived, CancellationToken cancellationToken)
    {
        var answers = await database.RunAsync(
            async (connection, cancel) =>
            {
                using var batch = connection.CreateBatch();
                Add(batch, "Manage.Act", action, job, context);
                return await ReadAsync(batch, [job], arrived, cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return answers[0]!.Value;
    }

    private void Add(NpgsqlBatch batch, string statement, JobAction action, JobId job, ActionContext context)
        => batch.Add(database.Sql[statement]).With(NpgsqlDbType.Integer, (int)action).With(NpgsqlDbType.Bigint, job.Value)
            .With(NpgsqlDbType.Text, context.By.Cleaned()).With(NpgsqlDbType.Text, context.Reason.Cleaned()).With(NpgsqlDbType.Bigint, database.Now);

    /// <summary>The answers in order; null: another transaction stood in the way.</summary>
    private static async Task<ActionAnswer?[]> ReadAsync(NpgsqlBatch batch, JobId[] jobs, HashSet<string> arrived, CancellationToken cancellationToken)
    {
        var answers = new ActionAnswer?[jobs.Length];
        using var row = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < jobs.Length; i++)
        {
            _ = await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (row.GetInt32(0) >= 0)
            {
                answers[i] = new(jobs[i], (ActionStatus)row.GetInt32(0), row.IsNull(1) ? null : (JobState)row.GetInt16(1),
                    row.LongOrNull(2) is { } holder ? new JobId(holder) : null);
            }

            if (row.TextOrNull(3) is { } queue)
                arrived.Add(queue);
            _ = await row.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        return answers;
    }
}
