using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Longhaul.Cli.Working;

/// <summary>Where a working process tells what it does: the console or a log file, and what else the application logs to.</summary>
internal sealed class WorkOutput : IDisposable
{
    private const string Category = "Longhaul.Worker";
    private const string ConsoleProvider = "Microsoft.Extensions.Logging.Console.ConsoleLoggerProvider";

    private readonly LogFile? _file;
    private readonly LoggerFactory? _others;

    private WorkOutput(CliContext cli, LogFile? file, bool verbose)
    {
        _file = file;
        var own = new WorkLog(file ?? cli.Console.Out, cli, rich: file is null && cli.Print.Rich, verbose);
        var services = cli.Services();
        // The application's console would say everything a second time.
        var providers = services.GetServices<ILoggerProvider>().Where(static provider => provider.GetType().FullName != ConsoleProvider).ToArray();
        _others = providers.Length == 0 ? null
            : new LoggerFactory(providers, services.GetService<IOptionsMonitor<LoggerFilterOptions>>()?.CurrentValue ?? new LoggerFilterOptions());
        Logger = _others is null ? own : new BothLoggers(own, _others.CreateLogger(Category));
    }

    public ILogger Logger { get; }

    public static WorkOutput Open(CliContext cli, string? file, bool verbose)
    {
        try
        {
            return new WorkOutput(cli, file is null ? null : new LogFile(file, cli.Console.Error), verbose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.WrongUse($"--log-file: {e.Message}");
        }
    }

    // The factory is not disposed: its providers are the application's.
    public void Dispose() => _file?.Dispose();

    private sealed class BothLoggers(ILogger first, ILogger second) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
            => new BothScopes(first.BeginScope(state), second.BeginScope(state));

        public bool IsEnabled(LogLevel logLevel) => first.IsEnabled(logLevel) || second.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            first.Log(logLevel, eventId, state, exception, formatter);
            if (second.IsEnabled(logLevel))
                second.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    private sealed class BothScopes(IDisposable? first, IDisposable? second) : IDisposable
    {
        public void Dispose()
        {
            second?.Dispose();
            first?.Dispose();
        }
    }
}
