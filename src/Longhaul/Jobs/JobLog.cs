using System.Text;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.Logging;

namespace Longhaul.Jobs;

/// <summary>Writes a job's log lines to its stored log and to the host's logger.</summary>
internal sealed class JobLog(RunState run) : ILogger
{
    private const LogLevel LowestStored = LogLevel.Information;
    private const string Cut = "… (cut)";

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => run.Host.Logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
        => logLevel != LogLevel.None && (logLevel >= LowestStored || run.Host.Logger.IsEnabled(logLevel));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (run.Host.Logger.IsEnabled(logLevel))
            run.Host.Logger.Log(logLevel, eventId, state, exception, formatter);
        if (logLevel is < LowestStored or LogLevel.None)
            return;
        var text = formatter(state, exception);
        Store(run, logLevel, exception is null ? text : $"{text}\n{exception}");
    }

    /// <summary>Keeps one line in the stored log alone.</summary>
    public static void Store(RunState run, LogLevel level, string text)
        => run.Buffers.Add(new LogLine(run.Host.Time.GetUtcNow(), (int)level, Shorten(text)));

    /// <summary>Cleans a line and cuts it to 8 KiB of UTF-8.</summary>
    internal static string Shorten(string text)
    {
        text = StorageText.Clean(text, JobLimits.LogLineLength);
        if (Encoding.UTF8.GetByteCount(text) <= JobLimits.LogLineLength)
            return text;
        var room = JobLimits.LogLineLength - Encoding.UTF8.GetByteCount(Cut);
        Encoding.UTF8.GetEncoder().Convert(text, new byte[room], flush: false, out var chars, out _, out _);
        return text[..(char.IsHighSurrogate(text[chars - 1]) ? chars - 1 : chars)] + Cut;
    }
}
