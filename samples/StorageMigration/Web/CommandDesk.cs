using System.Globalization;
using System.Security.Cryptography;
using Longhaul;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>Takes a command: checks it against what is allowed, makes a job of it, and notes it in the migrations' own table.</summary>
internal sealed class CommandDesk(
    CommandBook book, IJobClient jobs, MigrationStates states, IOptions<MigrationOptions> options, TimeProvider time, ILogger<CommandDesk> logger)
{
    /// <param name="request">What the caller wants.</param>
    /// <param name="owner">Who that is.</param>
    /// <param name="live">Whether somebody reads along.</param>
    /// <param name="cancellationToken">Counts until the job is written.</param>
    /// <exception cref="RefusedException">The command is not allowed, or an argument is not.</exception>
    public async Task<Dispatched> StartAsync(CommandRequest request, string owner, bool live, CancellationToken cancellationToken)
    {
        if (!book.TryFind(request.Command, out var command))
        {
            logger.LogWarning("{Owner} asked for a command that is not allowed", owner);
            throw RefusedException.Forbidden("The command must be one of those that are allowed here, but is not. GET /api/commands lists them.");
        }

        foreach (var (name, value) in request.Arguments)
            command.Check(name, value);

        var migration = NewId();
        var how = new EnqueueOptions
        {
            Owner = owner,
            MaxAttempts = 1, // a migration that failed is looked at, and then resumed from its checkpoint
            Tags = [migration],
            Description = Describe(command, request),
        };
        var job = command.Name == CommandBook.Migrate
            ? await jobs.EnqueueAsync(Typed(migration, request), how with { Timeout = options.Value.TimeLimit }, cancellationToken)
            : await jobs.EnqueueAsync(new RunProcess(command.Name, Arguments(request), live), how, cancellationToken);
        states.Add(new MigrationState(migration, job.Id.ToString(), command.Name, owner) { CheckpointId = request.Arguments.GetValueOrDefault("checkpointId") });
        if (logger.IsEnabled(LogLevel.Information))
            logger.LogInformation("{Owner} runs {Command} as job {Job}, migration {Migration}{DryRun}", owner, command.Name, job.Id, migration, request.DryRun ? ", a dry run" : "");
        return new Dispatched(job.Id, migration);
    }

    /// <summary><c>queue-SECONDS-HEX</c>.</summary>
    private string NewId()
        => string.Create(CultureInfo.InvariantCulture, $"queue-{time.GetUtcNow().ToUnixTimeSeconds()}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");

    private MigrateImages Typed(string migration, CommandRequest request)
    {
        var arguments = request.Arguments;
        var checkpoint = arguments.GetValueOrDefault("checkpointId");
        return new MigrateImages(
            migration, request.DryRun, IsSet("skipBackup"), IsSet("skipInlineDetection"), IsSet("resume") || checkpoint is not null, checkpoint,
            Place(options.Value.Source, "the source"), Place(options.Value.Target, "the target"));

        bool IsSet(string name) => arguments.GetValueOrDefault(name) is "1" or "true";
    }

    private static Dictionary<string, string> Arguments(CommandRequest request)
    {
        var arguments = new Dictionary<string, string>(request.Arguments, StringComparer.Ordinal);
        if (request.DryRun)
            arguments[Commands.CommandArguments.DryRunName] = "1";
        return arguments;
    }

    private string Describe(AllowedCommand command, CommandRequest request)
    {
        var text = command.Name == CommandBook.Migrate
            ? $"Migrating objects from {Place(options.Value.Source, "the source")} to {Place(options.Value.Target, "the target")}"
            : command.Description;
        // Braces would be read as the payload's members.
        return (text + (request.DryRun ? " (dry run)" : "")).Replace('{', '(').Replace('}', ')');
    }

    /// <summary>Where a store is, without what its address says of keys.</summary>
    private static string Place(string address, string otherwise)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            return otherwise;
        return uri.IsFile ? uri.LocalPath : $"{uri.Scheme}://{uri.Host}{uri.AbsolutePath.TrimEnd('/')}";
    }
}

/// <summary>What became of a request.</summary>
/// <param name="Job">The job that does it.</param>
/// <param name="MigrationId">Its name in the migrations' own table.</param>
internal sealed record Dispatched(JobId Job, string MigrationId);
