using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Writes jobs.</summary>
internal sealed class EnqueueVerb(Database database, Lanes lanes, YoungRuns young, WakeHub wake)
{
    private const int JobsAtOnce = 1_000;
    private const int BytesAtOnce = 64 << 20; // the server takes no value of 1 GiB

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
        var queues = QueuesOf(jobs);
        var told = MayWait(jobs) ? null : wake.TakeTelling(queues); // it takes along what others have written
        try
        {
            var answers = await database.RunAsync((connection, _) => WriteAsync(jobs, known, connection, "Wake.Wake", told), CancellationToken.None).ConfigureAwait(false);
            if (told is null)
                wake.Arrived(queues);
            else
                wake.Wake(queues);
            return answers;
        }
        catch when (told is not null)
        {
            wake.Arrived(told); // of what others have written, and of this, if it is there after all
            throw;
        }
    }

    /// <summary>One call's jobs in the caller's transaction, whose commit wakes the workers.</summary>
    public async Task<EnqueueAnswer[]> WriteAsync(IReadOnlyList<NewJob> jobs, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var known = await lanes.ForAsync(jobs, cancellationToken).ConfigureAwait(false);
        foreach (var continued in jobs.Select(static job => job.ContinueFrom).OfType<JobId>())
            await young.SettleDownAsync(continued, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return await WriteAsync(jobs, known, connection, "Hot.Notify", QueuesOf(jobs)).ConfigureAwait(false);
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

    /// <summary>What one call writes in one transaction, and what that is to tell the workers of.</summary>
    private async Task<EnqueueAnswer[]> WriteAsync(IReadOnlyList<NewJob> jobs, LaneSet known, NpgsqlConnection connection, string tell, string[]? told)
        => jobs.Count == 1 && EnqueueColumns.IsPlain(jobs[0]) && await WritePlainAsync(jobs[0], known, connection, tell, told).ConfigureAwait(false)
            ? [new(EnqueueStatus.Created, jobs[0].Id)]
            : await WriteAllAsync(jobs, known, connection, tell, told).ConfigureAwait(false);

    /// <summary>False: nothing is written, for the id is or was in the store.</summary>
    private async Task<bool> WritePlainAsync(NewJob job, LaneSet known, NpgsqlConnection connection, string tell, string[]? told)
    {
        using var batch = connection.CreateBatch();
        var parameters = batch.Add(database.Sql["Hot.EnqueuePlain"]).Parameters;
        parameters.AddNow(database);
        parameters.AddOne(NpgsqlDbType.Bigint, job.Id.Value);
        parameters.AddOne(NpgsqlDbType.Bigint, job.Nonce);
        parameters.AddOne(NpgsqlDbType.Integer, known[job.Queue, job.Name].Id);
        parameters.AddOne(NpgsqlDbType.Smallint, (short)job.Priority);
        parameters.AddOne(NpgsqlDbType.Integer, job.PayloadVersion);
        parameters.AddOne(NpgsqlDbType.Text, job.Payload);
        Tell(batch, tell, told);
        using var row = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        var written = await row.ReadAsync().ConfigureAwait(false) && row.GetBoolean(0);
        await row.CloseAsync().ConfigureAwait(false); // an error of the commit comes here
        return written;
    }

    /// <summary>Whether the write may have to wait for another's transaction, which has the same key or the job to be continued.</summary>
    private static bool MayWait(IReadOnlyList<NewJob> jobs)
    {
        for (var i = 0; i < jobs.Count; i++)
        {
            if (jobs[i] is not { Unique: null, ContinueFrom: null })
                return true;
        }

        return false;
    }

    private void Tell(NpgsqlBatch batch, string tell, string[]? told)
    {
        if (told is not null)
            batch.Add(database.Sql[tell]).With(NpgsqlDbType.Array | NpgsqlDbType.Text, told);
    }

    /// <summary>All of one call, in parts that neither the wire nor the server's memory minds.</summary>
    private async Task<EnqueueAnswer[]> WriteAllAsync(IReadOnlyList<NewJob> jobs, LaneSet known, NpgsqlConnection connection, string tell, string[]? told)
    {
        using var batch = connection.CreateBatch();
        List<int> parts = [];
        for (var next = 0; next < jobs.Count;)
        {
            parts.Add(next);
            next = AddPart(batch, jobs, next, known);
        }

        Tell(batch, tell, told);
        var answers = new EnqueueAnswer[jobs.Count];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = new(EnqueueStatus.Created, jobs[i].Id);

        using var rows = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        foreach (var first in parts)
        {
            if (first > 0)
                _ = await rows.NextResultAsync().ConfigureAwait(false);
            while (await rows.ReadAsync().ConfigureAwait(false))
                answers[first + rows.GetInt32(0) - 1] = new((EnqueueStatus)rows.GetInt16(1), new(rows.GetInt64(2)));
        }

        await rows.CloseAsync().ConfigureAwait(false); // an error of the commit comes here
        return answers;
    }

    /// <summary>Adds jobs from one on; where the next part begins.</summary>
    private int AddPart(NpgsqlBatch batch, IReadOnlyList<NewJob> jobs, int first, LaneSet known)
    {
        var columns = new EnqueueColumns(known, Math.Min(jobs.Count - first, JobsAtOnce));
        var (next, bytes) = (first, 0L);
        do
        {
            columns.Add(jobs[next]);
            bytes += jobs[next].Payload.Length;
            next++;
        }
        while (next < jobs.Count && next - first < JobsAtOnce && bytes < BytesAtOnce);

        columns.AddTo(batch.Add(database.Sql["Hot.Enqueue"]).Parameters, database);
        return next;
    }
}
