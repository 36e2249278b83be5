using Longhaul;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>Runs a migration phase by phase. Stopped or killed, and run again, it goes on where it was, also in the middle of an object.</summary>
internal sealed class MigrateImagesHandler(
    ObjectStores stores, MigrationStates states, MigrationFiles files, CheckpointFiles checkpoints, IOptions<MigrationOptions> options, TimeProvider time)
    : IJobHandler<MigrateImages>
{
    private const string First = "inventory";

    /// <summary>The phases with their shares of the whole.</summary>
    public static readonly IReadOnlyDictionary<string, double> Weights = new Dictionary<string, double> { [First] = 0.05, ["copy"] = 0.7, ["verify"] = 0.23, ["switch"] = 0.01, ["clean-up"] = 0.01 };

    public async Task HandleAsync(MigrateImages job, JobContext context, CancellationToken cancellationToken)
    {
        await using var source = stores.OpenSource(options.Value.Source);
        await using var target = stores.OpenPlace(options.Value.Target);
        var start = await StartAsync(job, context, source, target, cancellationToken);
        using var ledger = MigrationLedger.Open(files.Ledger, start.CheckpointId);
        var keeper = new CheckpointKeeper(checkpoints, Begin(job, context, start), time);
        await using var state = StateKeeper.Start(
            states, new MigrationState(job.MigrationId, context.Id.ToString(), MigrationStarter.Command, context.Owner ?? "") { CheckpointId = start.CheckpointId }, time, context.Log);
        var run = new MigrationRun(start, job, source, target, ledger, keeper, state, files, options.Value, time);

        context.PlanPhases([.. Weights.Select(static phase => (phase.Key, phase.Value))]);
        try
        {
            var inventory = await PhaseAsync(First, run.InventoryAsync);
            var left = await PhaseAsync("copy", phase => run.CopyAsync(phase, inventory));
            await PhaseAsync("verify", phase => run.VerifyAsync(phase, inventory));
            await PhaseAsync("switch", phase => run.SwitchAsync(phase, inventory));
            var result = await PhaseAsync("clean-up", phase => run.CleanUpAsync(phase, inventory, left, checkpoints));
            context.SetResult(result);
            await TellAsync(job, context, $"{result.Report.Copied} copied, {result.Report.Skipped} were there already, report {result.ReportFile}");
            state.Complete();
        }
        catch (OperationCanceledException) when (context.StopReason == StopReason.Cancelled)
        {
            state.Fail("cancelled");
            throw;
        }

        Task<T> PhaseAsync<T>(string name, Func<PhaseContext, Task<T>> body)
        {
            state.Enter(name, Weights[name]);
            return context.PhaseAsync(name, Weights[name], async phase =>
            {
                keeper.Save(file => file with { Phase = name });
                await TellAsync(job, context, $"phase {name}");
                return await body(phase);
            });
        }
    }

    public Task FailedAsync(MigrateImages job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
    {
        var state = states.Find(job.MigrationId) ?? new MigrationState(job.MigrationId, context.Id.ToString(), MigrationStarter.Command, context.Owner ?? "");
        states.Save(state with { Status = "failed", Error = failure.Message });
        return Task.CompletedTask;
    }

    /// <summary>What it is: as it was in an earlier run, or as a file says, or new.</summary>
    private async Task<MigrationStart> StartAsync(MigrateImages job, JobContext context, IObjectStore source, IObjectStore target, CancellationToken cancellationToken)
    {
        var start = context.Checkpoint.Get<MigrationStart>();
        if (start is null)
        {
            var from = job.Resume ? FromFile(job) : null;
            start = from is null
                ? new MigrationStart(MigrationIds.NewCheckpoint(time), job.DryRun, source.Address, target.Address, time.GetUtcNow(), null)
                : new MigrationStart(from.CheckpointId, from.DryRun, from.Source, from.Target, from.StartedAt, from);
            context.Checkpoint.Set(start);
            await context.Checkpoint.SaveAsync(cancellationToken); // its id must not change any more
        }

        if (start.DryRun != job.DryRun)
            throw new FailNowException($"Checkpoint {start.CheckpointId} is of a {(start.DryRun ? "dry run" : "real run")}, so it must be resumed as one. Begin anew without resume.");
        if ((start.Source, start.Target) != (source.Address, target.Address))
            throw new FailNowException($"Checkpoint {start.CheckpointId} is of a migration from {start.Source} to {start.Target}, but the settings say {source.Address} and {target.Address}. Begin anew without resume, or set them back.");
        return start;
    }

    private CheckpointFile FromFile(MigrateImages job)
        => (job.CheckpointId is { } id ? checkpoints.Find(id) : checkpoints.Last(job.DryRun))
           ?? throw new FailNowException($"There is no checkpoint {job.CheckpointId} to resume from, neither in the store nor in {files.Checkpoints}. Begin anew without resume.");

    private static async Task TellAsync(MigrateImages job, JobContext context, string line)
    {
        if (context.Log.IsEnabled(LogLevel.Information))
            context.Log.LogInformation("{Line}", line);
        if (job.Live)
            await context.Checkpoint.SaveAsync(context.CancellationToken); // with the line
    }

    private CheckpointFile Begin(MigrateImages job, JobContext context, MigrationStart start)
    {
        var known = checkpoints.Find(start.CheckpointId) ?? start.From ?? new CheckpointFile
        {
            CheckpointId = start.CheckpointId,
            MigrationId = job.MigrationId,
            JobId = "",
            DryRun = start.DryRun,
            Source = start.Source,
            Target = start.Target,
            StartedAt = start.StartedAt,
            Phase = First,
        };
        return known with { MigrationId = job.MigrationId, JobId = context.Id.ToString() };
    }
}
