using System.Collections.Concurrent;
using System.Data.Common;
using Longhaul.Client;
using Longhaul.Diagnostics;
using Longhaul.Jobs;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Memory;

/// <summary>One run in its caller's flow: one attempt, whose error is recorded and given back.</summary>
internal sealed class SyncRun(ClaimedRun claim, JobDefinition definition, IJobStore store, SyncRunner runner, SyncFlow flow, SyncRun.Parts parts) : IRunHost
{
    private const int ItemPage = 1_000;

    /// <summary>What all runs share.</summary>
    internal sealed record Parts(IServiceProvider Services, TimeProvider Time, ILogger Logger, RandomSource Random, PrepareJob Prepare);

    public TimeProvider Time => parts.Time;

    public ILogger Logger => parts.Logger;

    /// <returns>The error of the job itself; null: it completed or was cancelled, or this was its hook.</returns>
    public async Task<Exception?> RunAsync(ConcurrentDictionary<JobId, RunState> running)
    {
        using var state = new RunState(claim, this) { MaxAttempts = 1 };
        running[claim.Key.Job] = state;
        var start = Time.GetTimestamp();
        Exception? error = null;
        try
        {
            await CallAsync(state).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            error = e;
        }
        finally
        {
            running.TryRemove(claim.Key.Job, out _);
        }

        var cancelled = state.StopReason == StopReason.Cancelled && error is not null;
        var settlement = Settle(error, cancelled) with { Duration = Time.GetElapsedTime(start), Update = state.TakeUpdate(final: true) };
        await runner.WriteAsync(flow, () => store.SettleAsync([settlement], CancellationToken.None)).ConfigureAwait(false);
        if (claim.Kind != RunKind.FailedHook)
            return cancelled ? null : error;
        if (error is not null)
            Log.SyncHookFailed(Logger, claim.Key.Job, error);
        return null;
    }

    public Task FlushAsync(RunState run, CancellationToken cancellationToken)
        => runner.WriteAsync(flow, async () =>
        {
            var start = Time.GetTimestamp();
            if (run.TakeUpdate(final: false) is not { } update)
                return;
            var answers = await store.FlushAsync([update], cancellationToken).ConfigureAwait(false);
            if (answers[0] == WriteAnswer.LeaseLost)
                throw new LeaseLostException();
            run.Written(update, Time.GetElapsedTime(start));
        });

    public Task SaveAsync(RunState run, RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
        => throw new NotSupportedException("A transaction must be one of the store's own database, but the sync store has none. Save without one, or use UseSqlite.");

    public Task CompleteAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken)
        => throw new NotSupportedException("A transaction must be one of the store's own database, but the sync store has none. Return from the handler to complete the job.");

    public ValueTask LeaseProvenAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken)
        => parts.Prepare(payload, options, cancellationToken);

    public async Task<IReadOnlyList<ItemFailureRecord>> FailedItemsAsync(RunState run, CancellationToken cancellationToken)
    {
        var all = new List<ItemFailureRecord>();
        string? after = null;
        do
        {
            var page = await store.ListItemFailuresAsync(claim.Key.Job, new PageRequest(ItemPage, after), cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return all;
    }

    private async Task CallAsync(RunState state)
    {
        var payload = definition.ReadPayload(claim.Payload, claim.PayloadVersion);
        var context = new JobContext(state);
        var scope = parts.Services.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var call = claim.Kind == RunKind.FailedHook
                ? definition.HandleFailed(scope.ServiceProvider, payload, context, Failure(), state.StopToken)
                : definition.Handle(scope.ServiceProvider, payload, context, state.StopToken);
            await call.ConfigureAwait(false);
        }
    }

    private JobFailure Failure() => claim.Error is { } e ? new JobFailure(e.Type, e.Message, e.Detail) : new JobFailure("unknown", "The reason is no longer on record.", null);

    private Settlement Settle(Exception? error, bool cancelled) => new()
    {
        Key = claim.Key,
        Outcome = cancelled ? Outcome.Cancelled : error is null ? Outcome.Completed : Outcome.Failed,
        Error = error is null || cancelled ? null : JobErrorText.Of(error),
        Retention = claim.Policy?.Retention ?? definition.Policy?.Retention ?? JobDefaults.Retention,
        FailedHook = error is not null && !cancelled && claim.Kind != RunKind.FailedHook && definition.HasFailedHook,
    };
}
