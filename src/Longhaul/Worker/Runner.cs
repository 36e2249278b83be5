using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Worker;

/// <summary>Takes one run from its claim to its settlement: reads the payload, calls the handler, and turns how it ended into an outcome.</summary>
internal sealed class Runner(JobWorker worker)
{
    /// <summary>What a timer of .NET can wait at most is just over 49 days.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(49);

    private readonly IServiceScopeFactory _scopes = worker.Services.GetRequiredService<IServiceScopeFactory>();

    /// <summary>Runs it. Never throws, whatever handlers and listeners do: a slot that ends by an error would be lost. Returns when the slot is free again.</summary>
    public async Task RunAsync(ActiveRun run)
    {
        try
        {
            await TakeToItsEndAsync(run).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await BreakAsync(run, error).ConfigureAwait(false);
        }
    }

    private async Task TakeToItsEndAsync(ActiveRun run)
    {
        if (run.State.StopReason != StopReason.None)
        {
            await SettleAsync(run, Interrupted(run, null)).ConfigureAwait(false); // stopped while it waited for the slot
            return;
        }

        run.Begin(worker.Time.GetTimestamp());
        var limits = RunLimits.Of(run.Claim.Policy, run.Definition.Policy, worker.Options);
        Settlement settlement;
        using (var span = JobActivity.Start(run.Claim, worker.Name))
        {
            worker.Began(run);
            FaultPoints.Reach("before-handler");
            if (limits.Timeout is { } timeout && run.Claim.Kind != RunKind.FailedHook)
            {
                // On the pool, so that code which blocks its thread cannot outlive its limit unseen.
                var handler = Task.Run(() => HandleAsync(run, limits));
                settlement = await EndsInTimeAsync(run, handler, timeout).ConfigureAwait(false)
                    ? await handler.ConfigureAwait(false)
                    : GivenUp(run, limits, handler);
            }
            else
            {
                settlement = await HandleAsync(run, limits).ConfigureAwait(false);
            }

            FaultPoints.Reach("after-handler");
            JobActivity.End(span, settlement);
        }

        await SettleAsync(run, settlement).ConfigureAwait(false);
    }

    /// <summary>Gives back a run whose handler has not begun.</summary>
    public void HandBack(ActiveRun run, string why)
    {
        run.IsSettling = true;
        var handedBack = new Settlement { Key = run.Claim.Key, Outcome = Outcome.HandedBack, Reason = why };
        _ = worker.Settler.AddAsync(run, handedBack).AsTask(); // owned by the settler, which is drained at the end
    }

    /// <summary>
    /// The completion of a run whose handler commits it itself. From here on nothing of the run is flushed: until the commit its row is locked, and
    /// afterwards gone. What the run has told goes into it, but leaves the buffers only with the run's end: nobody knows whether the transaction commits.
    /// </summary>
    public async Task<Settlement> CompletionAsync(ActiveRun run)
    {
        await run.CloseFlushesAsync().ConfigureAwait(false);
        if (run.State.Refused is { } refused)
            throw new FailNowException($"What the run had to write was refused: {refused.Message}", refused);
        return Completed(run, RunLimits.Of(run.Claim.Policy, run.Definition.Policy, worker.Options)) with { Update = run.State.PeekUpdate() };
    }

    private async Task SettleAsync(ActiveRun run, Settlement settlement)
    {
        await run.CloseFlushesAsync().ConfigureAwait(false);
        var update = run.State.TakeUpdate(final: true);
        run.IsSettled = true;
        await worker.Settler.AddAsync(run, update is null ? settlement : settlement with { Update = update }).ConfigureAwait(false);
        worker.Ended(run, settlement);
    }

    /// <summary>Something around the handler threw: a listener of metrics or traces, or the machine has no memory left. The run ends as failed all the same.</summary>
    private async Task BreakAsync(ActiveRun run, Exception error)
    {
        Log.RunBroke(worker.Logger, run.Claim.Key.Job, error);
        if (run.IsSettled)
            return;
        run.IsSettled = true;
        await run.CloseFlushesAsync().ConfigureAwait(false);
        var limits = RunLimits.Of(run.Claim.Policy, run.Definition.Policy, worker.Options);
        var isLast = run.Claim.FailedAttempts + 1 >= (run.Claim.Kind == RunKind.FailedHook ? JobDefaults.FailedHookTries : limits.MaxAttempts);
        var settlement = new Settlement
        {
            Key = run.Claim.Key,
            Outcome = isLast ? Outcome.Failed : Outcome.Retry,
            Delay = limits.RetryDelay,
            Error = ErrorOf(error, null),
            Duration = run.BegunAt == 0 ? TimeSpan.Zero : Elapsed(run),
            Retention = JobDefaults.FailedRetention,
            FailedHook = isLast && run.Claim.Kind != RunKind.FailedHook && run.Definition.HasFailedHook,
        };
        await worker.Settler.AddAsync(run, settlement).ConfigureAwait(false);
        TellEnded(run, settlement);
    }

    /// <summary>The listener that broke the run may throw again; what is counted as running must go down all the same.</summary>
    private void TellEnded(ActiveRun run, Settlement settlement)
    {
        try
        {
            worker.Ended(run, settlement);
        }
        catch (Exception error)
        {
            Log.RunBroke(worker.Logger, run.Claim.Key.Job, error);
        }
    }

    private async Task<Settlement> HandleAsync(ActiveRun run, RunLimits limits)
    {
        var claim = run.Claim;
        try
        {
            var scope = _scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            using (worker.Logger.BeginScope(new RunScope(claim, worker.Name)))
            {
                var payload = run.Definition.ReadPayload(claim.Payload, claim.PayloadVersion);
                var context = new JobContext(run.State);
                if (claim.Kind == RunKind.FailedHook)
                    await run.Definition.HandleFailed(scope.ServiceProvider, payload, context, Failure(claim), run.State.StopToken).ConfigureAwait(false);
                else
                    await run.Definition.Handle(scope.ServiceProvider, payload, context, run.State.StopToken).ConfigureAwait(false);
            }

            if (run.State.Refused is { } refused)
                throw new FailNowException($"What the run had to write was refused: {refused.Message}", refused);
            return Completed(run, limits);
        }
        catch (Exception error) // also OutOfMemoryException: mostly one absurd array of the handler's, and its job's error
        {
            return Failed(run, limits, error);
        }
    }

    private Settlement Failed(ActiveRun run, RunLimits limits, Exception error)
    {
        var reason = run.State.StopReason;
        if (reason == StopReason.Timeout)
            return Error(run, limits, new TimeoutException($"The run took longer than its time limit of {limits.Timeout}."), "timeout");
        if (reason == StopReason.Cancelled || error is LeaseLostException)
            return Interrupted(run, error);
        // Only the run's own token is an interruption; a cancelled HTTP call of the handler's is an error like any other.
        if (reason != StopReason.None && error is OperationCanceledException)
            return Interrupted(run, error);
        return Error(run, limits, error, null);
    }

    /// <summary>The run was asked to stop and did: not an attempt.</summary>
    private Settlement Interrupted(ActiveRun run, Exception? error)
    {
        var outcome = run.State.StopReason switch
        {
            StopReason.Cancelled => Outcome.Cancelled,
            StopReason.Paused => Outcome.Paused,
            StopReason.TimeSlice => Outcome.Yielded,
            _ => Outcome.HandedBack, // also a lost lease: refused by the store when another has the job, right when none has
        };
        if (error is not (null or OperationCanceledException or LeaseLostException))
            Log.StoppedWithError(worker.Logger, run.Claim.Key.Job, run.State.StopReason, error);
        return new Settlement
        {
            Key = run.Claim.Key,
            Outcome = outcome,
            Duration = run.BegunAt == 0 ? TimeSpan.Zero : Elapsed(run),
            Reason = run.Order?.Reason ?? run.State.StopReason switch
            {
                StopReason.Shutdown => "the worker was stopping",
                StopReason.TimeSlice => "others of its queue had waited long enough",
                _ => null,
            },
            Retention = outcome == Outcome.Cancelled ? JobDefaults.CancelledRetention : JobDefaults.Retention,
        };
    }

    private Settlement Error(ActiveRun run, RunLimits limits, Exception error, string? type)
    {
        var claim = run.Claim;
        var jobError = ErrorOf(error, type);
        if (claim.Kind == RunKind.FailedHook)
        {
            // The hook's error changes nothing but that it is tried again, a few times.
            Log.HookFailed(worker.Logger, claim.Key.Job, claim.FailedAttempts + 1, error);
            return claim.FailedAttempts + 1 < JobDefaults.FailedHookTries
                ? new Settlement { Key = claim.Key, Outcome = Outcome.Retry, Delay = limits.RetryDelay, Error = jobError, Duration = Elapsed(run) }
                : new Settlement { Key = claim.Key, Outcome = Outcome.Failed, Error = jobError, Duration = Elapsed(run) };
        }

        var decision = RetryPolicy.Decide(error, run.Definition, limits, claim.FailedAttempts, Random.Shared.NextDouble);
        if (decision.Retry)
            Log.AttemptFailed(worker.Logger, claim.Key.Job, claim.FailedAttempts + 1, limits.MaxAttempts, decision.Delay, error);
        else
            Log.JobFailed(worker.Logger, claim.Key.Job, error);
        return new Settlement
        {
            Key = claim.Key,
            Outcome = decision.Retry ? Outcome.Retry : Outcome.Failed,
            Delay = decision.Delay,
            Error = jobError,
            Duration = Elapsed(run),
            Retention = JobDefaults.FailedRetention,
            FailedHook = !decision.Retry && run.Definition.HasFailedHook,
        };
    }

    /// <summary>Trips the token when the time is over, and waits for the code until the grace has passed too.</summary>
    private async Task<bool> EndsInTimeAsync(ActiveRun run, Task handler, TimeSpan timeout)
    {
        if (handler.IsCompleted || await EndsWithinAsync(handler, timeout).ConfigureAwait(false))
            return true;
        run.State.Stop(StopReason.Timeout);
        return await EndsWithinAsync(handler, worker.Options.TimeoutGrace).ConfigureAwait(false);
    }

    private async Task<bool> EndsWithinAsync(Task handler, TimeSpan limit)
    {
        for (var left = limit; left > TimeSpan.Zero && !handler.IsCompleted; left -= LongestDelay)
        {
            using var timer = new CancellationTokenSource();
            await Task.WhenAny(handler, Task.Delay(left < LongestDelay ? left : LongestDelay, worker.Time, timer.Token)).ConfigureAwait(false);
            await timer.CancelAsync().ConfigureAwait(false);
        }

        return handler.IsCompleted;
    }

    /// <summary>The code goes on though its time is over: the run ends without it, and the job is held until it has ended.</summary>
    private Settlement GivenUp(ActiveRun run, RunLimits limits, Task<Settlement> handler)
    {
        Log.CodeHangs(worker.Logger, run.Claim.Key.Job, limits.Timeout ?? TimeSpan.Zero);
        worker.Hangs(run, handler);
        var error = new TimeoutException($"The run took longer than its time limit of {limits.Timeout}, and its code did not end when asked to.");
        return Error(run, limits, error, "timeout") with { CodeStillRuns = true };
    }

    private Settlement Completed(ActiveRun run, RunLimits limits)
        => new() { Key = run.Claim.Key, Outcome = Outcome.Completed, Retention = limits.Retention, Duration = Elapsed(run) };

    private TimeSpan Elapsed(ActiveRun run) => worker.Time.GetElapsedTime(run.BegunAt);

    private static JobError ErrorOf(Exception error, string? type)
        => new(type ?? error.GetType().FullName!, StorageText.Clean(error.Message, 4_000), StorageText.Clean(error.ToString(), 16_000));

    private static JobFailure Failure(ClaimedRun claim)
        => claim.Error is { } e ? new JobFailure(e.Type, e.Message, e.Detail) : new JobFailure("unknown", "The reason is no longer on record.", null);
}
