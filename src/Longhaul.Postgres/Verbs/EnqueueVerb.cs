using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Writes jobs.</summary>
internal sealed class EnqueueVerb(Database database, Lanes lanes, WakeHub wake)
{
    public Task<JobId> TakeIdsAsync(int count, CancellationToken cancellationToken)
        => database.RunAsync((connection, cancel) => TakeIdsAsync(count, connection, cancel), cancellationToken);

    public async Task<JobId> TakeIdsAsync(int count, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = connection.Command(database.Sql["Hot.TakeIds"]).With(count);
        return new((long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!);
    }

    /// <summary>One call's jobs in a transaction of their own. From here on the write is not cancelled.</summary>
    public async Task<EnqueueAnswer[]> WriteAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        var known = await lanes.ForAsync(jobs, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var answers = await database.RunAsync((connection, _) => WriteAsync(jobs, known, connection, notify: false), CancellationToken.None).ConfigureAwait(false);
        wake.Arrived(QueuesOf(jobs));
        return answers;
    }

    /// <summary>One call's jobs in the caller's transaction, whose commit wakes the workers.</summary>
    public async Task<EnqueueAnswer[]> WriteAsync(IReadOnlyList<NewJob> jobs, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var known = await lanes.ForAsync(jobs, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return await WriteAsync(jobs, known, connection, notify: true).ConfigureAwait(false);
    }

    public static string[] QueuesOf(IReadOnlyList<NewJob> jobs)
    {
        if (jobs.Count == 1)
            return [jobs[0].Queue];
        var queues = new HashSet<string>();
        for (var i = 0; i < jobs.Count; i++)
            queues.Add(jobs[i].Queue);
        return [.. queues];
    }

    private async Task<EnqueueAnswer[]> WriteAsync(IReadOnlyList<NewJob> jobs, LaneSet known, NpgsqlConnection connection, bool notify)
    {
        var columns = new EnqueueColumns(known, jobs.Count);
        for (var i = 0; i < jobs.Count; i++)
            columns.Add(jobs[i]);
        using var batch = connection.CreateBatch();
        columns.AddTo(batch.Add(database.Sql["Hot.Enqueue"]).Parameters, database);
        if (notify)
            batch.Add(database.Sql["Hot.Notify"]).With(NpgsqlDbType.Array | NpgsqlDbType.Text, QueuesOf(jobs));
        var answers = new EnqueueAnswer[jobs.Count];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = new(EnqueueStatus.Created, jobs[i].Id);

        using var rows = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        while (await rows.ReadAsync().ConfigureAwait(false))
            answers[rows.GetInt32(0) - 1] = new((EnqueueStatus)rows.GetInt16(1), new(rows.GetInt64(2)));
        if (notify)
            _ = await rows.NextResultAsync().ConfigureAwait(false);
        await rows.CloseAsync().ConfigureAwait(false); // an error of the commit comes here
        return answers;
    }
}
