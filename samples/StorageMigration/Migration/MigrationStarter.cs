using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using Microsoft.Extensions.Options;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>Enqueues migrations: from the command line, the pages and the seed's interface alike.</summary>
internal sealed class MigrationStarter(
    IJobClient jobs, IJobStore store, MigrationStates states, CheckpointFiles checkpoints, ObjectStores stores, IOptions<MigrationOptions> options, TimeProvider time)
{
    public const string Command = "image-migration/migrate";

    /// <summary>Enqueues one, or one that goes on.</summary>
    /// <param name="parameters">How.</param>
    /// <param name="job">What else is said for its job, such as an owner and tags; null: nothing.</param>
    /// <param name="migrationId">Its id; null: a new one.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    /// <exception cref="ArgumentException">A parameter or a setting does not hold.</exception>
    public async Task<StartedMigration> StartAsync(MigrationParameters parameters, EnqueueOptions? job, string? migrationId, CancellationToken cancellationToken)
    {
        var (source, target) = await AddressesAsync();
        var resume = parameters.Resume || parameters.CheckpointId is not null ? Resumable(parameters) : null;
        var continued = resume is null ? null : await EndedJobAsync(resume, cancellationToken);

        migrationId ??= MigrationIds.NewMigration(time);
        var payload = new MigrateImages(
            migrationId, parameters.DryRun, parameters.SkipBackup, parameters.SkipInlineDetection, resume is not null, resume?.CheckpointId, source, target, parameters.Live);
        job = (job ?? new EnqueueOptions()) with { Timeout = job?.Timeout ?? options.Value.TimeLimit, ContinueFrom = continued };
        JobId id = await jobs.EnqueueAsync(payload, job, cancellationToken);
        states.Add(new MigrationState(migrationId, id.ToString(), Command, job.Owner ?? "") { CheckpointId = resume?.CheckpointId });
        return new StartedMigration(migrationId, id);
    }

    private async Task<(string Source, string Target)> AddressesAsync()
    {
        var source = await AddressAsync(options.Value.Source, nameof(MigrationOptions.Source));
        var target = await AddressAsync(options.Value.Target, nameof(MigrationOptions.Target));
        if (source == target)
            throw new ArgumentException($"Migration:Source and Migration:Target must be two stores, but both are {source}.");
        return (source, target);
    }

    private async Task<string> AddressAsync(string setting, string name)
    {
        if (setting.Length == 0)
            throw new ArgumentException($"Migration:{name} must name a store of objects, an absolute path or s3://bucket/prefix?endpoint=…, but is not set.");
        await using var opened = stores.Open(setting);
        return opened.Address;
    }

    private CheckpointFile Resumable(MigrationParameters parameters)
    {
        var checkpoint = parameters.CheckpointId is { } id ? checkpoints.Find(id) : checkpoints.Last(parameters.DryRun);
        if (checkpoint is null)
        {
            var there = checkpoints.Ids();
            throw new ArgumentException(
                $"There must be a checkpoint to resume from, but there is {(parameters.CheckpointId is null ? "none" : $"no {parameters.CheckpointId}")}. "
                + (there.Count == 0 ? "Begin anew without resume." : $"There are {string.Join(", ", there)}."),
                nameof(parameters));
        }

        if (checkpoint.Phase is null)
            throw new ArgumentException($"Checkpoint {checkpoint.CheckpointId} is of a migration that is complete: nothing is left to resume. Begin anew without resume.", nameof(parameters));
        if (checkpoint.DryRun != parameters.DryRun)
            throw new ArgumentException($"Checkpoint {checkpoint.CheckpointId} is of a {(checkpoint.DryRun ? "dry run" : "real run")}: resume it with dryRun: {(checkpoint.DryRun ? "true" : "false")}, or begin anew without resume.", nameof(parameters));
        return checkpoint;
    }

    /// <returns>The job that wrote the checkpoint last; null: the store knows it no more, and the file must do.</returns>
    private async Task<JobId?> EndedJobAsync(CheckpointFile checkpoint, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(checkpoint.JobId, null, out var id) || await store.GetJobAsync(id, cancellationToken) is not { } job || !IsOf(job, checkpoint))
            return null;
        if (job.State is not (JobState.Completed or JobState.Failed or JobState.Cancelled))
            throw new ArgumentException($"Checkpoint {checkpoint.CheckpointId} is of job {id}, which has not ended and goes on by itself. Cancel it first, or let it go on.");
        return id;
    }

    // Another store has other jobs of the same numbers.
    private static bool IsOf(JobRecord job, CheckpointFile checkpoint)
        => job.Name == Command && JsonSerializer.Deserialize<MigrateImages>(job.Payload.Span, JsonSerializerOptions.Web)?.MigrationId == checkpoint.MigrationId;
}
