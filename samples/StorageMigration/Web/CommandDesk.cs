using Longhaul;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>Takes a command: checks it against what is allowed, makes a job of it, and notes it in the migrations' own table.</summary>
internal sealed class CommandDesk(
    CommandBook book, MigrationStarter migrations, IJobClient jobs, MigrationStates states, IOptions<MigrationOptions> options, TimeProvider time, ILogger<CommandDesk> logger)
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

        var migration = MigrationIds.NewMigration(time);
        var how = new EnqueueOptions
        {
            Owner = owner,
            MaxAttempts = 1, // a migration that failed is looked at, and then resumed from its checkpoint
            Tags = [migration],
            Description = Describe(command, request),
        };
        var job = command.Name == CommandBook.Migrate
            ? await MigrateAsync(migration, request, how, live, cancellationToken)
            : await RunAsync(migration, request, how, live, cancellationToken);
        if (logger.IsEnabled(LogLevel.Information))
            logger.LogInformation("{Owner} runs {Command} as job {Job}, migration {Migration}{DryRun}", owner, command.Name, job, migration, request.DryRun ? ", a dry run" : "");
        return new Dispatched(job, migration);
    }

    private async Task<JobId> MigrateAsync(string migration, CommandRequest request, EnqueueOptions how, bool live, CancellationToken cancellationToken)
    {
        var arguments = request.Arguments;
        var parameters = new MigrationParameters(request.DryRun, IsSet("skipBackup"), IsSet("skipInlineDetection"), IsSet("resume"), arguments.GetValueOrDefault("checkpointId"), live);
        try
        {
            return (await migrations.StartAsync(parameters, how, migration, cancellationToken)).Job;
        }
        catch (ArgumentException e)
        {
            throw RefusedException.BadRequest(e.Message);
        }

        bool IsSet(string name) => arguments.GetValueOrDefault(name) is "1" or "true" or "yes";
    }

    private async Task<JobId> RunAsync(string migration, CommandRequest request, EnqueueOptions how, bool live, CancellationToken cancellationToken)
    {
        JobId job = await jobs.EnqueueAsync(new RunProcess(request.Command, Arguments(request), live), how, cancellationToken);
        states.Add(new MigrationState(migration, job.ToString(), request.Command, how.Owner!));
        return job;
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
