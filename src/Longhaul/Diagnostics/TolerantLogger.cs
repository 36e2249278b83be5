using Microsoft.Extensions.Logging;

namespace Longhaul.Diagnostics;

/// <summary>Loses a line that cannot be written, and nothing else: a full log disk must end no run, no settlement and no heart.</summary>
internal sealed class TolerantLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => Try(() => inner.BeginScope(state));

    public bool IsEnabled(LogLevel logLevel) => Try(() => inner.IsEnabled(logLevel));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // Where should it be told?
        }
    }

    private static T? Try<T>(Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (Exception)
        {
            return default;
        }
    }
}
