using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Longhaul;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;

namespace StorageMigration.Trees;

/// <summary>
/// Copies a tree. Its place in the listing is kept, so that after kill -9 it goes on where it was, at most 2 s of files back; and inside a large file.
/// Of the tree it holds in memory what is on its way.
/// </summary>
internal sealed class CopyTreeHandler(ObjectStores stores, RequestBudgets budgets, TreeAddresses addresses, IOptions<TreeSettings> settings, TimeProvider time) : IJobHandler<CopyTree>
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public async Task HandleAsync(CopyTree job, JobContext context, CancellationToken cancellationToken)
    {
        var options = job.Options ?? new CopyOptions();
        var (source, target) = Open(job, options, context.Owner);
        await using (source)
        await using (target)
        {
            (source as FolderStore)?.BeSource();
            var totals = options.Count ? await context.PhaseAsync("count", weight: 0.05, phase => CountAsync(source, phase, context)) : null;
            await context.PhaseAsync("copy", weight: options.Count ? 0.95 : 1, phase => CopyAsync(source, target, options, totals, phase, context));
        }
    }

    private (IObjectStore Source, IObjectStore Target) Open(CopyTree job, CopyOptions options, string? owner)
    {
        try
        {
            if (options.Mistake() is { } mistake)
                throw new TreeRefusedException(mistake);
            var (source, target) = addresses.Resolve(job, owner);
            return (stores.Open(source, budgets.Of(source, options.Requests)), stores.Open(target, budgets.Of(target, options.Requests)));
        }
        catch (Exception e) when (e is TreeRefusedException or ArgumentException)
        {
            throw new FailNowException(e.Message, e);
        }
    }

    private async Task<TreeTotals> CountAsync(IObjectStore source, PhaseContext phase, JobContext context)
    {
        var totals = phase.Checkpoint.Get<TreeTotals>() ?? new TreeTotals();
        await phase.ForEachAsync(
            source: (string? after) => ListAsync(source, after, context, listed: null),
            cursor: static stored => stored.Place,
            body: (stored, _) =>
            {
                totals = new TreeTotals(totals.Files + 1, totals.Bytes + stored.Length);
                phase.Checkpoint.Set(totals);
                return Task.CompletedTask;
            });
        return totals;
    }

    private async Task CopyAsync(IObjectStore source, IObjectStore target, CopyOptions options, TreeTotals? totals, PhaseContext phase, JobContext context)
    {
        var meter = new TreeMeter(context, phase.Checkpoint, totals, time);
        (target as IStagedWrites)?.BeginWriting($"{context.Id}_{context.CreatedAt.ToUnixTimeMilliseconds():x}", context.FenceToken, meter.Tokens);
        using var copier = new TreeCopier(source, target, options, context, phase.Checkpoint, meter, new TreeTrouble(context, settings.Value.Patience, time));
        long? failed = null;
        try
        {
            var result = await phase.ForEachAsync(
                source: (string? after) => ListAsync(source, after, context, meter.Listed),
                cursor: static stored => stored.Place,
                body: copier.CopyAsync,
                new()
                {
                    Parallelism = options.Parallelism,
                    Window = options.Parallelism * 16, // places of a drive are long, and those above the first open one are saved each time
                    Total = totals?.Files,
                    BytesPerSecond = options.BytesPerSecond,
                    ItemErrors = ItemErrors.Record(upToShare: options.FailuresUpTo),
                });
            failed = result.Failed;
        }
        finally
        {
            meter.Tell(failed);
        }
    }

    /// <summary>A listing that waits where the store asks for it, and then goes on where it was.</summary>
    private async IAsyncEnumerable<StoredObject> ListAsync(
        IObjectStore source, string? after, JobContext context, Action? listed, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (after is not null && listed is not null && context.Log.IsEnabled(LogLevel.Information))
            context.Log.LogInformation("goes on after {Place}", after);
        var trouble = new TreeTrouble(context, settings.Value.Patience, time);
        for (var pause = FirstPause; ; pause = Shorter(pause * 2, LongestPause))
        {
            ThrottledException refusal;
            await using (var listing = source.ListAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                while (true)
                {
                    try
                    {
                        if (!await listing.MoveNextAsync())
                            yield break;
                    }
                    catch (Exception e) when (!cancellationToken.IsCancellationRequested && trouble.Judge(e) is var judged)
                    {
                        if (judged is ThrottledException throttled)
                        {
                            refusal = throttled;
                            break;
                        }

                        ExceptionDispatchInfo.Throw(judged);
                        throw;
                    }

                    listed?.Invoke();
                    (after, pause) = (listing.Current.Place, FirstPause);
                    trouble.Over();
                    yield return listing.Current;
                }
            }

            await Task.Delay(refusal.RetryAfter ?? pause, time, cancellationToken);
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
