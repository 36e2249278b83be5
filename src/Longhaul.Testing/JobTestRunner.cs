using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Client;
using Longhaul.Jobs;
using Longhaul.Storage;
using Longhaul.Worker;

namespace Longhaul.Testing;

/// <summary>Does what a worker does with one run.</summary>
internal sealed class JobTestRunner<TJob> where TJob : notnull
{
    private readonly IJobHandler<TJob> _handler;
    private readonly JobTestOptions _options;
    private readonly JobType _type;
    private readonly JobTestHost _host;
    private readonly TJob _job;
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly RunLimits _limits;

    public JobTestRunner(IJobHandler<TJob> handler, TJob job, JobTestOptions options, object? resumeFrom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempt, 1);
        (_handler, _options) = (handler, options);
        var types = new JobTypes();
        var settings = new LonghaulOptions();
        _type = types.Get(typeof(TJob));
        _host = new JobTestHost(options, new JobMaker(types, settings, new SecretNames(settings.SecretNames)));
        _payload = JobMaker.Serialize(_type, job);
        _job = (TJob)new PayloadReader<TJob>(_type, new Dictionary<int, Func<JsonObject, JsonObject>>()).Read(_payload, _type.Version);
        _limits = RunLimits.Of(new JobPolicy { MaxAttempts = options.MaxAttempts }, _type.Policy, new WorkerOptions());
        _host.Checkpoint = Resume(options.FailedItemsOf ?? resumeFrom);
        foreach (var failure in options.FailedItemsOf?.FailureRecords ?? (resumeFrom as JobTestRun)?.FailureRecords ?? [])
            _host.Failures[failure.Item] = failure;
    }

    public async Task<JobTestRun> RunAsync(CancellationToken cancellationToken)
    {
        using var run = Claim(_options.FailedItemsOf is null ? RunKind.Job : RunKind.FailedItems, null);
        var error = await CallAsync(run, context => _handler.HandleAsync(_job, context, run.StopToken), cancellationToken).ConfigureAwait(false);
        var (outcome, delay) = Outcome(run.StopReason, error);

        Exception? hookError = null;
        if (outcome == JobTestOutcome.Failed && _options.CallFailed)
        {
            var failure = new JobFailure(error!.GetType().FullName!, error.Message, error.ToString());
            using var hook = Claim(RunKind.FailedHook, new JobError(failure.Type, failure.Message, failure.Detail));
            hookError = await CallAsync(hook, context => _handler.FailedAsync(_job, context, failure, hook.StopToken), cancellationToken).ConfigureAwait(false);
        }

        return new JobTestRun(_host, _options.JobId)
        {
            Outcome = outcome,
            Error = outcome is JobTestOutcome.Completed or JobTestOutcome.HandedBack or JobTestOutcome.Paused or JobTestOutcome.Cancelled ? null : error,
            RetryDelay = delay,
            FailedError = hookError,
            Traces =
            [
                .. _host.Traces.Select(t => new JobTrace(
                    _options.JobId, _options.RunNumber, t.At, t.Type, t.Subject, t.Method, t.Order, t.Success, t.Reason, t.Milliseconds, t.ResultInfo)),
            ],
        };
    }

    private static ReadOnlyMemory<byte>? Resume(object? from) => from switch
    {
        null => null,
        JobTestRun run => run.CheckpointBody,
        var state => CheckpointFormat.Write(
            [new PhaseRecord("") { State = JsonSerializer.SerializeToUtf8Bytes(state, state.GetType(), JobJson.Options) }], loop: null, alsoFinished: -1, taken: false),
    };

    private RunState Claim(RunKind kind, JobError? error)
    {
        var now = _options.Time.GetUtcNow();
        var claim = new ClaimedRun
        {
            Key = new RunKey(_options.JobId, 1),
            Kind = kind,
            Name = _type.Name,
            Queue = _options.Queue ?? _type.Queue ?? JobDefaults.Queue,
            Priority = _type.Priority,
            Payload = _payload,
            PayloadVersion = _type.Version,
            Owner = _options.Owner,
            RunNumber = _options.RunNumber + (kind == RunKind.FailedHook ? 1 : 0),
            FenceToken = _options.RunNumber + (kind == RunKind.FailedHook ? 1 : 0),
            FailedAttempts = kind == RunKind.FailedHook ? 0 : _options.Attempt - 1,
            CreatedAt = now,
            DueAt = now,
            ClaimedAt = now,
            Checkpoint = _host.Checkpoint,
            Progress = _host.Progress,
            ItemFailures = _host.Failures.Count,
            Error = error,
        };
        var run = new RunState(claim, _host) { MaxAttempts = _limits.MaxAttempts };
        _host.Begin(run);
        return run;
    }

    private async Task<Exception?> CallAsync(RunState run, Func<JobContext, Task> call, CancellationToken cancellationToken)
    {
        using var stopping = cancellationToken.Register(() => run.Stop(StopReason.Shutdown));
        try
        {
            await call(new JobContext(run)).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e;
        }
        finally
        {
            _host.Flush(run, final: true);
        }
    }

    private (JobTestOutcome Outcome, TimeSpan? Delay) Outcome(StopReason stop, Exception? error)
    {
        if (error is null)
            return (JobTestOutcome.Completed, null);
        if (stop == StopReason.Cancelled)
            return (JobTestOutcome.Cancelled, null);
        if (error is LeaseLostException || (error is OperationCanceledException && stop is not (StopReason.None or StopReason.Timeout)))
            return (stop == StopReason.Paused ? JobTestOutcome.Paused : JobTestOutcome.HandedBack, null);

        var definition = new JobDefinition
        {
            Name = _type.Name,
            Type = _type,
            Retry = _options.Retry ?? new RetryRules(),
            ReadPayload = static (_, _) => throw new NotSupportedException(),
            Handle = static (_, _, _, _) => Task.CompletedTask,
            HandleFailed = static (_, _, _, _, _) => Task.CompletedTask,
        };
        var decision = RetryPolicy.Decide(error, definition, _limits, _options.Attempt - 1, static () => 0);
        return decision.Retry ? (JobTestOutcome.Retried, decision.Delay) : (JobTestOutcome.Failed, null);
    }
}
