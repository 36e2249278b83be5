using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>What people do to jobs, queues and workers, and cleaning up: each call is one transaction on the server, long work many short ones.</summary>
internal sealed class Operations(Database database, WakeHub wake)
{
    private const int ActionsTogether = 100;
    private const int RemovedTogether = 1_000;

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
        while (true)
        {
            var cleared = await database.RunAsync(
                async (connection, cancel) =>
                {
                    using var command = connection.Command(database.Sql["Manage.Clear"]).With(queue).With(RemovedTogether);
                    return (int)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
                },
                cancellationToken).ConfigureAwait(false);
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
            var (flushed, last) = await database.RunAsync(
                async (connection, cancel) =>
                {
                    using var command = connection.Command(database.Sql["Manage.FlushFailed"]).With(queue).With(id).With(RemovedTogether);
                    using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                    _ = await row.ReadAsync(cancel).ConfigureAwait(false);
                    return (row.GetInt32(0), row.LongOrNull(1));
                },
                cancellationToken).ConfigureAwait(false);
            all += flushed;
            after = last;
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
            return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken).ConfigureAwait(false) > 0;

    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken) => database.RunAsync(
        async (connection, cancel) =>
        {
            using var batch = connection.CreateBatch(); // one transaction
            batch.Add(database.Sql["Manage.Relaxed"]);
            batch.Add(database.Sql["Manage.Prune"]).With(NpgsqlDbType.Integer, limit).With(NpgsqlDbType.Bigint, database.Now);
            using var row = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            _ = await row.NextResultAsync(cancel).ConfigureAwait(false);
            _ = await row.ReadAsync(cancel).ConfigureAwait(false);
            return row.GetInt32(0);
        },
        cancellationToken);

    /// <summary>Some jobs in one transaction. Where that fails, for a job that another holds for long or that stands in its way, each on its own: no fate is shared.</summary>
    private async Task<IReadOnlyList<ActionAnswer>> ActTogetherAsync(JobAction action, JobId[] jobs, ActionContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await ActOnceAsync(action, jobs, context, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException exception) when (jobs.Length > 1 && exception.InnerException is PostgresException)
        {
            var answers = new List<ActionAnswer>(jobs.Length);
            StoreException? failed = null;
            foreach (var job in jobs)
            {
                try
                {
                    answers.AddRange(await ActOnceAsync(action, [job], context, cancellationToken).ConfigureAwait(false));
                }
                catch (StoreException alone) when (alone.InnerException is PostgresException)
                {
                    failed ??= alone; // the others are done first
                }
            }

            return failed is null ? answers : throw failed;
        }
    }

    private async Task<IReadOnlyList<ActionAnswer>> ActOnceAsync(JobAction action, JobId[] jobs, ActionContext context, CancellationToken cancellationToken)
    {
        var arrived = new HashSet<string>();
        var answers = await database.RunAsync(
            async (connection, cancel) =>
            {
                var read = new ActionAnswer[jobs.Length];
                using var command = connection.Command(database.Sql["Manage.Act"]).With((int)action).With(Array.ConvertAll(jobs, static job => job.Value))
                    .With(context.By.Cleaned()).With(context.Reason.Cleaned()).With(database.Now);
                using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                {
                    var place = (int)rows.GetInt64(0) - 1;
                    read[place] = new(jobs[place], (ActionStatus)rows.GetInt32(1), rows.IsNull(2) ? null : (JobState)rows.GetInt16(2),
                        rows.LongOrNull(3) is { } holder ? new JobId(holder) : null);
                    if (rows.TextOrNull(4) is { } queue)
                        arrived.Add(queue);
                }

                return read;
            },
            cancellationToken).ConfigureAwait(false);
        if (arrived.Count > 0)
            wake.Wake(arrived);
        return answers;
    }
}
