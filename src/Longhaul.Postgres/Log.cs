using Microsoft.Extensions.Logging;

namespace Longhaul.Postgres;

/// <summary>What the store has to say to people. Event ids 2001 and on.</summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Warning, "{Store}: synchronous_commit is off, so jobs of the last moments before a crash of the server may be lost; set it on for the database, or for this role")]
    public static partial void NotSynchronous(ILogger logger, string store);

    [LoggerMessage(2002, LogLevel.Warning, "{Store} is behind a pooler, through which nobody can listen: idle workers look once a second instead, and a dead worker is known by its lease; say listen=off to have it so without this warning, or connect to the server itself")]
    public static partial void BehindPooler(ILogger logger, string store);

    [LoggerMessage(2003, LogLevel.Warning, "{Store}: nothing on the server ends a statement that waits, for without listening no settings of Longhaul's reach it: one of a worker that was killed may hold up its recovery; say ALTER ROLE … SET lock_timeout = '10s', and likewise statement_timeout = '30s', enable_seqscan = off and jit = off")]
    public static partial void NoLimits(ILogger logger, string store);
}
