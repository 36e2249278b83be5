using System.Text.Json;
using System.Text.Json.Serialization;
using Longhaul.Postgres;
using Longhaul.Sqlite;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Proof;

/// <summary>How a worker process of the proof is set up; given to it as JSON.</summary>
internal sealed record WorkerSettings
{
    /// <summary>The name of this start, in histories.</summary>
    public required string Name { get; init; }

    /// <summary>The SQLite file, or the PostgreSQL database.</summary>
    public required string Store { get; init; }

    /// <summary>Where its history goes.</summary>
    public required string Folder { get; init; }

    public int Concurrency { get; init; } = 8;

    public double LeaseSeconds { get; init; } = 30;

    public double HeartbeatSeconds { get; init; } = 1;

    public double FlushSeconds { get; init; } = 2;

    public double ShutdownSeconds { get; init; } = 25;

    public double BusySeconds { get; init; } = 10;

    public double GraceSeconds { get; init; } = 30;

    public string ToJson() => JsonSerializer.Serialize(this, ProcessJson.Default.WorkerSettings);

    public static WorkerSettings Of(string json) => JsonSerializer.Deserialize(json, ProcessJson.Default.WorkerSettings)!;
}

/// <summary>A worker as an application would have it, with the handlers of the proof and a store that is watched.</summary>
internal static class WorkerProgram
{
    public const string Verb = "worker";

    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        using var recorder = RecorderOf(settings);
        var builder = Builder(settings, recorder);
        using var host = builder.Build();
        await host.RunAsync();
        return Environment.ExitCode;
    }

    public static FileRecorder RecorderOf(WorkerSettings settings) => new(Path.Combine(settings.Folder, $"{settings.Name}.history"), settings.Name);

    /// <summary>The application: its store, its handlers, and how its worker works.</summary>
    public static HostApplicationBuilder Builder(WorkerSettings settings, Recorder recorder)
    {
        var ledger = new Ledger(recorder);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(new FileLoggerProvider(Path.Combine(settings.Folder, $"{settings.Name}.log")));
        builder.Services.AddSingleton(ledger);
        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul.UseStore(_ => new ObservedStore(StoreOf(settings.Store, TimeSpan.FromSeconds(settings.BusySeconds)), recorder, EngineCheckpoint.CursorOf)).AddWorker(worker =>
            {
                worker.Name = settings.Name;
                worker.Concurrency = settings.Concurrency;
                worker.Lease = TimeSpan.FromSeconds(settings.LeaseSeconds);
                worker.Heartbeat = TimeSpan.FromSeconds(settings.HeartbeatSeconds);
                worker.FlushInterval = TimeSpan.FromSeconds(settings.FlushSeconds);
                worker.ShutdownTimeout = TimeSpan.FromSeconds(settings.ShutdownSeconds);
                worker.TimeoutGrace = TimeSpan.FromSeconds(settings.GraceSeconds);
            });
            new ProofHandlers(ledger, settings.Store).AddTo(longhaul);
        });
        return builder;
    }

    /// <param name="place">A SQLite file, or a PostgreSQL database in Npgsql's words.</param>
    /// <param name="busy">How long SQLite waits for others.</param>
    public static IJobStore StoreOf(string place, TimeSpan? busy = null)
        => place.StartsWith("Host=", StringComparison.Ordinal)
            ? new PointedStore(new PostgresStore(new PostgresOptions { ConnectionString = place }))
            : new SqliteStore(new SqliteOptions { Path = place, BusyTimeout = busy ?? TimeSpan.FromSeconds(10), FaultPoint = FaultPoints.Reach });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkerSettings))]
[JsonSerializable(typeof(ProducerSettings))]
internal sealed partial class ProcessJson : JsonSerializerContext;

/// <summary>Warnings and errors of a worker process, in a file, for those who look into a failure.</summary>
internal sealed class FileLoggerProvider(string path) : ILoggerProvider
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => new FileLogger(this, categoryName);

    public void Dispose()
    {
        // Each line is written at once.
    }

    private void Write(string line)
    {
        lock (_lock)
            File.AppendAllText(path, line);
    }

    private sealed class FileLogger(FileLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && !category.StartsWith("Microsoft", StringComparison.Ordinal);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                provider.Write($"{MonotonicClock.Nanoseconds / MonotonicClock.Millisecond} {logLevel} {formatter(state, exception)} {exception}{Environment.NewLine}");
        }
    }
}
