using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore;

/// <summary>What the package logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Request failed: {Method} {Path}")]
    public static partial void RequestFailed(ILogger logger, Exception error, string method, string path);

    [LoggerMessage(2, LogLevel.Warning, "Refused {Method} {Path} for {User}: {Code}")]
    public static partial void Refused(ILogger logger, string method, string path, string user, string code);

    [LoggerMessage(3, LogLevel.Warning, "Audit line not kept: {Action} on {Target} by {User}")]
    public static partial void AuditNotKept(ILogger logger, Exception error, string action, string? target, string? user);

    [LoggerMessage(4, LogLevel.Warning, "Live events wait for the store")]
    public static partial void EventsWait(ILogger logger, Exception error);

    [LoggerMessage(5, LogLevel.Information, "Live events go on")]
    public static partial void EventsGoOn(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "Figures could not be read")]
    public static partial void StatsNotRead(ILogger logger, Exception error);

    [LoggerMessage(7, LogLevel.Error, "The worker for actions on many jobs has ended")]
    public static partial void ActionWorkerEnded(ILogger logger, Exception error);

    [LoggerMessage(8, LogLevel.Warning, "Could not end {Session}, in whose place another was opened")]
    public static partial void SessionNotEnded(ILogger logger, Exception error, string session);
}
