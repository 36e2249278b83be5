using System.Text.Json;
using Longhaul;
using Microsoft.Extensions.Options;
using StorageMigration.Commands;

namespace StorageMigration.Migration;

/// <summary><c>image-migration/migrate</c>: enqueues a migration and shows it until it ends. It goes on when this program is stopped.</summary>
internal sealed class MigrateCommand(MigrationStarter starter, StandingReader standings, IJobClient jobs, IOptions<MigrationOptions> options, TimeProvider time) : ICommand
{
    private const string YesOrNo = "1|0|true|false|yes|no";

    public string Name => MigrationStarter.Command;

    public string Description => "Migrates the objects of the source to the target";

    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>
    {
        ["skipBackup"] = YesOrNo,
        ["skipInlineDetection"] = YesOrNo,
        ["resume"] = YesOrNo,
        ["checkpointId"] = MigrationIds.CheckpointPattern,
    };

    public TimeSpan TimeLimit => options.Value.TimeLimit;

    public IReadOnlyDictionary<string, double> Phases => MigrateImagesHandler.Weights;

    public bool RunsAsJob => false;

    public async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var parameters = new MigrationParameters(
            arguments.DryRun, arguments.Flag("skipBackup"), arguments.Flag("skipInlineDetection"), arguments.Flag("resume"), arguments.Find("checkpointId"));
        var started = await starter.StartAsync(parameters, job: null, migrationId: null, cancellationToken);
        output.Line($"{started.MigrationId} is job {started.Job}; it goes on when this program is stopped");
        var last = await StandingView.ShowAsync(async token => [await standings.ReadAsync(started.MigrationId, token)], output, time, cancellationToken);
        if (last is not [{ Status: "completed" }])
            return 1;
        if (await jobs.GetAsync(started.Job, cancellationToken) is { Result: { } result })
            output.Line(JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(result.Span)));
        return 0;
    }
}
