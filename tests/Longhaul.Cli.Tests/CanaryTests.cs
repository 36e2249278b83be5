using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;
using Longhaul.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Cli.Tests;

/// <summary>S7, S27: what payloads and results hold comes out nowhere by itself, and names no type that gets loaded.</summary>
public sealed class CanaryTests : IAsyncDisposable
{
    private const string Canary = "canary-4711";

    private readonly Everything _seen = new();
    private readonly ServiceProvider _services;

    public CanaryTests()
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_seen));
        services.AddLonghaul(longhaul => longhaul
            .UseStore(_ => new MemoryStore())
            .AddHandler<Pay>(static (job, context, _) =>
            {
                context.Checkpoint.Set(job);
                if (job.Fail)
                    throw new InvalidOperationException("the bank said no");
                context.SetResult(new { job.Card }); // "show" of a completed job prints its result: that is asked for
                return Task.CompletedTask;
            }));
        _services = services.BuildServiceProvider();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task No_payload_result_or_checkpoint_is_in_logs_traces_metrics_or_tables()
    {
        using var listening = _seen.Listen();
        foreach (var line in new[]
        {
            $$"""push test.pay --payload '{"card":"{{Canary}}","password":"{{Canary}}"}'""",
            $$"""push test.pay --payload '{"card":"{{Canary}}","fail":true}' --max-attempts 1""",
            $$$"""push test.pay --payload '{"card":{"x":"{{{Canary}}}"}}'""",
            $$"""push test.pay --payload '{"card":"{{Canary}}'""",
            "run -v", "run", "jobs", "failed", "show 2 --history --traces --items", "logs", "info", "workers", "doctor",
            "failed --json", "info --json", "logs --json",
        })
        {
            await RunAsync(line);
        }

        _seen.Text.ShouldContain("the bank said no", customMessage: "what is said at all is seen here");
        _seen.Text.ShouldContain("longhaul.job.duration");
        _seen.Text.ShouldContain("activity ");
        _seen.Text.Split('\n').Where(static line => line.Contains(Canary, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("System.Net.Mail.SmtpClient, System.Net.Mail")]
    [InlineData("System.Windows.Data.ObjectDataProvider, PresentationFramework")]
    [InlineData("System.Configuration.Install.AssemblyInstaller, System.Configuration.Install")]
    public async Task A_type_that_a_payload_names_is_not_loaded(string type)
    {
        var wanted = new ConcurrentQueue<string>();
        ResolveEventHandler missing = (_, args) =>
        {
            wanted.Enqueue(args.Name);
            return null;
        };
        AppDomain.CurrentDomain.AssemblyResolve += missing;
        try
        {
            await RunAsync($$"""push test.pay --payload '{"$type":"{{type}}","card":"x"}'""");
            await RunAsync($$"""push {{type.Split(',')[0]}} --payload '{"$type":"{{type}}"}'""");
            await RunAsync("run");
        }
        finally
        {
            AppDomain.CurrentDomain.AssemblyResolve -= missing;
        }

        var assembly = type.Split(", ")[1];
        wanted.ShouldNotContain(name => name.StartsWith(assembly, StringComparison.Ordinal));
        AppDomain.CurrentDomain.GetAssemblies().Select(static loaded => loaded.GetName().Name).ShouldNotContain(assembly);
    }

    private async Task RunAsync(string line)
    {
        var run = await new Terminal().RunAsync(new HostApplication(_services), Words.Of(line), TestContext.Current.CancellationToken);
        _seen.Add($"{run.Out}\n{run.Error}");
    }

    [Job("test.pay")]
    public sealed record Pay(string Card, string? Password = null, bool Fail = false);

    /// <summary>Everything that comes out of the process.</summary>
    private sealed class Everything : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public string Text => string.Join('\n', _lines);

        public void Add(string line) => _lines.Enqueue(line);

        public IDisposable Listen()
        {
            var activities = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == "Longhaul",
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity => Add($"activity {activity.DisplayName} {activity.StatusDescription} {Tags(activity.TagObjects)} {string.Join(' ', activity.Events.Select(one => $"{one.Name} {Tags(one.Tags)}"))}"),
            };
            ActivitySource.AddActivityListener(activities);
            var meters = new MeterListener { InstrumentPublished = static (instrument, listener) => { if (instrument.Meter.Name == "Longhaul") listener.EnableMeasurementEvents(instrument); } };
            meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Add($"{instrument.Name} {Tags(tags.ToArray())}"));
            meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add($"{instrument.Name} {Tags(tags.ToArray())}"));
            meters.Start();
            return new Both(activities, meters);
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            Add($"scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Add($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }

        private static string Tags(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.Select(static tag => $"{tag.Key}={tag.Value}"));

        private sealed record Both(ActivityListener Activities, MeterListener Meters) : IDisposable
        {
            public void Dispose()
            {
                Activities.Dispose();
                Meters.Dispose();
            }
        }
    }
}
