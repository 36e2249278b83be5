using StorageMigration.Commands;

namespace StorageMigration.Migration;

/// <summary><c>image-migration/monitor</c>: shows the migrations that run, however they were started, until they have ended.</summary>
internal sealed class MonitorCommand(StandingReader standings, TimeProvider time) : ICommand
{
    public string Name => "image-migration/monitor";

    public string Description => "Shows running migrations";

    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>();

    public TimeSpan TimeLimit => TimeSpan.FromHours(2);

    public IReadOnlyDictionary<string, double> Phases { get; } = new Dictionary<string, double>();

    public async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
    {
        var last = await StandingView.ShowAsync(standings.ReadAllAsync, output, time, cancellationToken);
        if (last.Count == 0)
            output.Line("there are no migrations");
        return 0;
    }
}
