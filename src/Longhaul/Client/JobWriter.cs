using System.Data.Common;
using Longhaul.Diagnostics;
using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Client;

/// <summary>
/// Writes new jobs so that each is there exactly once: a write whose outcome is unknown is repeated under the same id and nonce,
/// and a job whose id turns out to be taken is written under a new one.
/// </summary>
internal sealed class JobWriter(StoreHost store, IdSource ids, RandomSource random, TimeProvider time, ILogger logger)
{
    /// <summary>A counter that was restored is caught up with in steps of 10,000 ids; one that lags by more needs a person.</summary>
    private const int NewIdTries = 100;

    private static readonly TimeSpan RepeatFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>A new nonce.</summary>
    public long NextNonce() => random.Next();

    /// <summary>The id for a job that will be written without a transaction.</summary>
    public ValueTask<JobId> NextIdAsync(CancellationToken cancellationToken) => ids.NextAsync(cancellationToken);

    /// <summary>Reserves consecutive ids, with a transaction through that.</summary>
    public async ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (transaction is not null && !opened.Info.Capabilities.HasFlag(StoreCapabilities.Transactions))
        {
            throw new NotSupportedException(
                $"A transaction must be one of the store's own database, but the store {opened.Info.Driver} has none. Enqueue without it, after your commit.");
        }

        return await opened.TakeIdsAsync(count, transaction, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the jobs, atomically. They are at most 1,000. The array is changed where jobs get new ids.</summary>
    public async ValueTask<IReadOnlyList<EnqueueAnswer>> WriteAsync(NewJob[] jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        var answers = await WriteOnceAsync(opened, jobs, transaction, cancellationToken).ConfigureAwait(false);
        return AnyTaken(answers)
            ? await WriteUnderNewIdsAsync(opened, jobs, answers, transaction).ConfigureAwait(false)
            : answers;
    }

    private async ValueTask<IReadOnlyList<EnqueueAnswer>> WriteOnceAsync(
        IJobStore opened, NewJob[] jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        // A failed statement may have broken the caller's transaction: only the caller can begin again.
        if (transaction is not null)
            return await opened.EnqueueAsync(jobs, transaction, cancellationToken).ConfigureAwait(false);

        var start = time.GetTimestamp();
        try
        {
            return await opened.EnqueueAsync(jobs, null, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException e) when (e.IsTransient && time.GetElapsedTime(start) < RepeatFor)
        {
            Log.EnqueueRepeats(logger, e);
            return await RepeatAsync(opened, jobs, start).ConfigureAwait(false);
        }
    }

    // The write has begun, so the caller's cancellation no longer counts: it could not tell whether the jobs are in.
    private async ValueTask<IReadOnlyList<EnqueueAnswer>> RepeatAsync(IJobStore opened, NewJob[] jobs, long start)
    {
        for (var pause = FirstPause; ; pause = Min(pause * 2, LongestPause))
        {
            await Task.Delay(pause * (0.5 + random.NextShare()), time, CancellationToken.None).ConfigureAwait(false);
            try
            {
                return await opened.EnqueueAsync(jobs, null, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException e) when (e.IsTransient && time.GetElapsedTime(start) < RepeatFor)
            {
                // Still away: the loop goes on.
            }
        }
    }

    private async ValueTask<IReadOnlyList<EnqueueAnswer>> WriteUnderNewIdsAsync(
        IJobStore opened, NewJob[] jobs, IReadOnlyList<EnqueueAnswer> first, DbTransaction? transaction)
    {
        var answers = first.ToArray();
        for (var tries = 0; tries < NewIdTries; tries++)
        {
            var taken = Enumerable.Range(0, jobs.Length).Where(i => answers[i].Status == EnqueueStatus.IdTaken).ToArray();
            if (taken.Length == 0)
                return answers;

            if (tries == 0)
                Log.IdsTaken(logger, taken.Length);
            foreach (var i in taken)
                ids.Drop(jobs[i].Id);
            foreach (var i in taken)
            {
                var id = transaction is null
                    ? await ids.NextAsync(CancellationToken.None).ConfigureAwait(false)
                    : await opened.TakeIdsAsync(1, transaction, CancellationToken.None).ConfigureAwait(false);
                jobs[i] = jobs[i] with { Id = id, Nonce = random.Next() };
            }

            var again = await WriteOnceAsync(opened, [.. taken.Select(i => jobs[i])], transaction, CancellationToken.None).ConfigureAwait(false);
            foreach (var (position, i) in taken.Index())
                answers[i] = again[position];
        }

        throw new StoreException(
            $"New ids must be free, but the store {opened.Info.Address} gave out ids of existing jobs {NewIdTries} times. " +
            "Its id counter lags far behind, as after a partial restore: run 'longhaul doctor'.");
    }

    private static bool AnyTaken(IReadOnlyList<EnqueueAnswer> answers)
    {
        for (var i = 0; i < answers.Count; i++)
        {
            if (answers[i].Status == EnqueueStatus.IdTaken)
                return true;
        }

        return false;
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
