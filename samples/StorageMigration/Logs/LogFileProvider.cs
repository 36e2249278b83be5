using System.Globalization;
using Microsoft.Extensions.Logging;

namespace StorageMigration.Logs;

/// <summary>What Longhaul tells goes to <c>queue.log</c>, all else to <c>web.log</c>.</summary>
internal sealed class LogFileProvider(string folder, TimeProvider time) : ILoggerProvider
{
    private readonly LogFile _web = new(Path.Combine(folder, "web.log"));
    private readonly LogFile _queue = new(Path.Combine(folder, "queue.log"));

    public ILogger CreateLogger(string categoryName) => new Writer(categoryName.StartsWith("Longhaul", StringComparison.Ordinal) ? _queue : _web, categoryName, time);

    public void Dispose()
    {
        // Nothing is held open between two lines.
    }

    private sealed class Writer(LogFile file, string category, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // One entry is one line, whatever is in it; only an exception has more.
            var text = formatter(state, exception).ReplaceLineEndings(" ");
            var line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel,-11} {category}: {text}\n");
            file.Append(exception is null ? line : $"{line}  {exception.ToString().ReplaceLineEndings("\n  ")}\n");
        }
    }
}
