using System.Security.Cryptography;
using System.Text;
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

    private const int MostOpen = 1_000;

    /// <summary>Enqueues one, or one that goes on.</summary>
    /// <param name="parameters">How.</param>
    /// <param name="job">What else is said for its job, such as an owner and tags; null: nothing.</param>
    /// <param name="migrationId">Its id; null: a new one.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    /// <exception cref="ArgumentException">A parameter or a setting does not hold, or one of the same stores has not ended.</exception>
    public async Task<StartedMigration> StartAsync(MigrationParameters parameters, EnqueueOptions? job, string? migrationId, CancellationToken cancellationToken)
    {
        var (source, target) = await AddressesAsync();
        var (checkpoint, continued) = parameters.Resume || parameters.CheckpointId is not null ? await ResumableAsync(parameters, cancellationToken) : (null, null);

        await RefuseSecondAsync(source, target, parameters.DryRun, cancellationToken);
        migrationId ??= MigrationIds.NewMigration(time);
        var payload = new MigrateImages(
            migrationId, parameters.DryRun, parameters.SkipBackup, parameters.SkipInlineDetection, checkpoint is not null, checkpoint, source, target, parameters.Live);
        job = (job ?? new EnqueueOptions()) with { Timeout = job?.Timeout ?? options.Value.TimeLimit, ContinueFrom = continued, UniqueKey = KeyOf(source, target, parameters.DryRun) };
        var (id, isNew) = await jobs.EnqueueAsync(payload, job, cancellationToken);
        if (!isNew)
            throw Second(id, source, target);
        states.Add(new MigrationState(migrationId, id.ToString(), Command, job.Owner ?? "") { CheckpointId = checkpoint });
        return new StartedMigration(migrationId, id);
    }

    /// <summary>Before a job that has ended is tried again as it is.</summary>
    /// <exception cref="ArgumentException">A later one went on from its checkpoint, or one of the same stores has not ended.</exception>
    public async Task RefuseRetryAsync(JobRecord job, CancellationToken cancellationToken)
    {
        if (PayloadOf(job) is not { } payload)
            return;
        if (states.FindByJob(job.Id.ToString())?.CheckpointId is { } checkpoint && states.LastOf(checkpoint) is { } last && last.JobId != job.Id.ToString())
            throw new ArgumentException($"A migration must be the last of its checkpoint to go on, but job {last.JobId} went on from that of job {job.Id}. Look at job {last.JobId}.", nameof(job));
        await RefuseSecondAsync(payload.Source, payload.Target, payload.DryRun, cancellationToken);
    }

    /// <summary>Whoever owns it: a queue keeps the keys of owners apart.</summary>
    private async Task RefuseSecondAsync(string source, string target, bool dryRun, CancellationToken cancellationToken)
    {
        var open = new JobFilter { Name = Command, States = [JobState.Pending, JobState.Running, JobState.Paused] };
        var page = await store.ListJobsAsync(open, new PageRequest(MostOpen), cancellationToken);
        foreach (var listed in page.Items)
        {
            if (await store.GetJobAsync(listed.Id, cancellationToken) is { } job && PayloadOf(job) is { } payload && (payload.Source, payload.Target, payload.DryRun) == (source, target, dryRun))
                throw Second(listed.Id, source, target);
        }
    }

    private static ArgumentException Second(JobId id, string source, string target)
        => new($"There must be one migration at a time from {source} to {target}, but job {id} has not ended. Wait for its end, or cancel it.");

    private static string KeyOf(string source, string target, bool dryRun)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{target}\n{dryRun}")));

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

    /// <returns>The checkpoint, and the job that wrote it last; of that null: the store knows it no more, and the file must do.</returns>
    private async Task<(string CheckpointId, JobId? Job)> ResumableAsync(MigrationParameters parameters, CancellationToken cancellationToken)
    {
        if ((parameters.CheckpointId is { } id ? checkpoints.Find(id) : checkpoints.Last(parameters.DryRun)) is { } file)
        {
            RefuseOther(file.CheckpointId, isComplete: file.Phase is null, file.DryRun, parameters.DryRun);
            var wrote = JobId.TryParse(file.JobId, null, out var written) && await store.GetJobAsync(written, cancellationToken) is { } found && IsOf(found, file.MigrationId) ? found : null;
            return (file.CheckpointId, Ended(file.CheckpointId, wrote));
        }

        if (parameters.CheckpointId is { } named && await FindJobAsync(named, cancellationToken) is { } job)
        {
            RefuseOther(named, isComplete: job.State == JobState.Completed, PayloadOf(job)!.DryRun, parameters.DryRun);
            return (named, Ended(named, job));
        }

        var there = checkpoints.Ids();
        throw new ArgumentException(
            $"There must be a checkpoint to resume from, but there is {(parameters.CheckpointId is null ? "none" : $"no {parameters.CheckpointId}")}. "
            + (there.Count == 0 ? "Begin anew without resume." : $"There are {string.Join(", ", there)}."),
            nameof(parameters));
    }

    private static void RefuseOther(string checkpointId, bool isComplete, bool isDryRun, bool wantsDryRun)
    {
        if (isComplete)
            throw new ArgumentException($"Checkpoint {checkpointId} is of a migration that is complete: nothing is left to resume. Begin anew without resume.");
        if (isDryRun != wantsDryRun)
            throw new ArgumentException($"Checkpoint {checkpointId} is of a {(isDryRun ? "dry run" : "real run")}: resume it with dryRun: {(isDryRun ? "true" : "false")}, or begin anew without resume.");
    }

    private static JobId? Ended(string checkpointId, JobRecord? job)
        => job is null or { State: JobState.Completed or JobState.Failed or JobState.Cancelled }
            ? job?.Id
            : throw new ArgumentException($"Checkpoint {checkpointId} is of job {job.Id}, which has not ended and goes on by itself. Cancel it first, or let it go on.");

    /// <summary>Where there is no file of a checkpoint: the job that has it in the store.</summary>
    private async Task<JobRecord?> FindJobAsync(string checkpointId, CancellationToken cancellationToken)
    {
        if (states.LastOf(checkpointId) is { } state && JobId.TryParse(state.JobId, null, out var id) && await store.GetJobAsync(id, cancellationToken) is { } known && IsOf(known, state.MigrationId))
            return known;
        foreach (var listed in (await store.ListJobsAsync(new JobFilter { Name = Command }, new PageRequest(MostOpen), cancellationToken)).Items)
        {
            if (await store.GetCheckpointAsync(listed.Id, null, cancellationToken) is { } body && body.Span.IndexOf(Encoding.UTF8.GetBytes($"\"{checkpointId}\"")) >= 0)
                return await store.GetJobAsync(listed.Id, cancellationToken);
        }

        return null;
    }

    // Another store has other jobs of the same numbers.
    private static bool IsOf(JobRecord job, string migrationId) => PayloadOf(job)?.MigrationId == migrationId;

    /// <returns>Null: it is no migration.</returns>
    private static MigrateImages? PayloadOf(JobRecord job) => job.Name == Command ? JsonSerializer.Deserialize<MigrateImages>(job.Payload.Span, JsonSerializerOptions.Web) : null;
}
