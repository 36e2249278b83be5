using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace StorageMigration.Logs;

/// <summary>Adds the log files.</summary>
internal static class LogFiles
{
    extension(ILoggingBuilder logging)
    {
        /// <summary>Writes <c>web.log</c> and <c>queue.log</c> in a folder: the application's own facts, and whatever is a warning.</summary>
        public ILoggingBuilder AddLogFiles(string folder)
        {
            logging.Services.AddSingleton<ILoggerProvider>(services => new LogFileProvider(folder, services.GetService<TimeProvider>() ?? TimeProvider.System));
            return logging
                .AddFilter<LogFileProvider>(category: null, LogLevel.Warning)
                .AddFilter<LogFileProvider>("StorageMigration", LogLevel.Information)
                .AddFilter<LogFileProvider>("Longhaul", LogLevel.Information);
        }
    }
}
