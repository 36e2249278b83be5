using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorageMigration.Commands;
using StorageMigration.Migration;

namespace StorageMigration.Tests.Web;

/// <summary>Commands for tests only, and stand-ins for those that this application has not (yet).</summary>
internal static class TestCommands
{
    private static readonly (string Type, string Name)[] FromElsewhere =
        [("ReplaceS3UrlsCommand", "url-replacement/replace-s3-urls"), ("GenerateTransformsCommand", "transform-pre-generation/generate")];

    public static void Add(IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ICommand, SpeakCommand>().AddSingleton<ICommand, StepsCommand>().AddSingleton<ICommand, FloodCommand>().AddSingleton<ICommand, ClockCommand>();
        var types = typeof(MigrationApp).Assembly.GetTypes();
        foreach (var (type, name) in FromElsewhere.Where(one => !types.Any(type => type.Name == one.Type)))
            builder.Services.AddSingleton<ICommand>(new StandIn(name));
        if (!types.Any(static type => typeof(IJobHandler<MigrateImages>).IsAssignableFrom(type)))
            builder.Services.AddLonghaul(static longhaul => longhaul.AddHandler<MigrateImages>(static (job, context, services, token) => MigrateAsync(job, context, services, token)));
    }

    /// <summary>A migration of a folder, as far as these tests look at one.</summary>
    private static async Task MigrateAsync(MigrateImages job, JobContext context, IServiceProvider services, CancellationToken cancellationToken)
    {
        var options = services.GetRequiredService<IOptions<MigrationOptions>>().Value;
        var states = services.GetRequiredService<MigrationStates>();
        context.Log.LogInformation("migrating, dry run {DryRun}", job.DryRun);
        if (!Directory.Exists(options.Source))
            throw new FailNowException($"The source must be there, but {options.Source} is not.");
        var files = Directory.GetFiles(options.Source);
        Array.Sort(files, StringComparer.Ordinal);
        await context.PhaseAsync("copy", 1, phase => phase.ForEachAsync(
            (string? after) => files.Where(file => after is null || string.CompareOrdinal(file, after) > 0),
            static file => file,
            (_, _) => Task.CompletedTask,
            new LoopOptions { Total = files.Length }));
        cancellationToken.ThrowIfCancellationRequested();
        states.Save(new MigrationState(job.MigrationId, context.Id.ToString(), context.Name, context.Owner ?? "local")
        {
            Status = "completed",
            Phase = "copy",
            Processed = files.Length,
            Total = files.Length,
            Progress = 1,
        });
    }

    /// <summary>Says what it was told, and ends as it was told.</summary>
    private sealed class SpeakCommand : TestCommand
    {
        public override string Name => "test/speak";

        public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>
        {
            ["text"] = "[^\\x00-\\x1f]{1,200}",
            ["loud"] = "0|1",
            ["exit"] = "[0-9]{1,3}",
        };

        public override Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        {
            output.Line($"text {arguments.Find("text") ?? "none"}");
            output.Line($"loud {arguments.Find("loud") ?? "none"}");
            output.Line($"dry run {arguments.DryRun}");
            return Task.FromResult(int.Parse(arguments.Find("exit") ?? "0", System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Counts, with a cursor; waits for a file, or fails, where it is told so.</summary>
    private sealed class StepsCommand : TestCommand
    {
        public override string Name => "test/steps";

        public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>
        {
            ["count"] = "[0-9]{1,6}",
            ["milliseconds"] = "[0-9]{1,5}",
            ["waitAt"] = "[0-9]{1,6}",
            ["gate"] = "/[^\\x00]{1,1000}",
            ["failWithout"] = "/[^\\x00]{1,1000}",
        };

        public override IReadOnlyDictionary<string, double> Phases { get; } = new Dictionary<string, double> { ["look"] = 0.1, ["work"] = 0.9 };

        public override async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        {
            var (count, pause, waitAt) = (Number(arguments, "count", 10), Number(arguments, "milliseconds", 0), Number(arguments, "waitAt", -1));
            var first = int.Parse(arguments.Cursor ?? "0", System.Globalization.CultureInfo.InvariantCulture) + 1;
            output.Progress("look", 1, 1);
            for (var step = first; step <= count; step++)
            {
                output.Line($"step {step}");
                output.Progress("work", step, count, cursor: $"{step}");
                if (step == waitAt && arguments.Find("gate") is { } gate)
                    await FileAsync(gate, cancellationToken);
                if (step == waitAt && arguments.Find("failWithout") is { } needed && !File.Exists(needed))
                {
                    output.Line("it cannot go on");
                    return 3;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System, cancellationToken);
            }

            return 0;
        }
    }

    /// <summary>So many lines, 10,000 a second; each with the time, where it is told so.</summary>
    private sealed class FloodCommand : TestCommand
    {
        private const int ASecond = 10_000;

        public override string Name => "test/flood";

        public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string> { ["lines"] = "[0-9]{1,7}", ["width"] = "[0-9]{1,5}", ["stamp"] = "1" };

        public override async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        {
            var (lines, width, stamped) = (Number(arguments, "lines", ASecond), Number(arguments, "width", 0), arguments.Find("stamp") is not null);
            var start = TimeProvider.System.GetTimestamp();
            for (var line = 0; line < lines;)
            {
                for (var due = Math.Min(lines, TimeProvider.System.GetElapsedTime(start).TotalSeconds * ASecond); line < due; line++)
                    output.Line($"line {line}{(stamped ? $" {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}" : "")}".PadRight(width, '.'));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            }

            return 0;
        }
    }

    /// <summary>Says what time it is, five times, and then waits for a file.</summary>
    private sealed class ClockCommand : TestCommand
    {
        public override string Name => "test/clock";

        public override IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string> { ["gate"] = "/[^\\x00]{1,1000}" };

        public override async Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        {
            for (var line = 0; line < 5; line++)
            {
                output.Line($"{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}");
                await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, cancellationToken);
            }

            await FileAsync(arguments.Find("gate")!, cancellationToken);
            output.Line("end");
            return 0;
        }
    }

    private sealed class StandIn(string name) : TestCommand
    {
        public override string Name => name;

        public override Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken)
        {
            output.Line("nothing to do");
            return Task.FromResult(0);
        }
    }

    private abstract class TestCommand : ICommand
    {
        public abstract string Name { get; }

        public string Description => $"Test of {Name[(Name.IndexOf('/', StringComparison.Ordinal) + 1)..]}";

        public virtual IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>();

        public TimeSpan TimeLimit => TimeSpan.FromHours(2);

        public virtual IReadOnlyDictionary<string, double> Phases { get; } = new Dictionary<string, double>();

        public abstract Task<int> RunAsync(CommandArguments arguments, CommandOutput output, CancellationToken cancellationToken);

        protected static int Number(CommandArguments arguments, string name, int otherwise)
            => int.Parse(arguments.Find(name) ?? $"{otherwise}", System.Globalization.CultureInfo.InvariantCulture);

        protected static async Task FileAsync(string path, CancellationToken cancellationToken)
        {
            while (!File.Exists(path))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }
}
