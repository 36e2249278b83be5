namespace Longhaul.Storage;

/// <summary>What holds when nobody says otherwise. Quoted in the docs; a test compares.</summary>
public static class JobDefaults
{
    /// <summary>The queue of a job that names none.</summary>
    public const string Queue = "default";

    /// <summary>0 first … 255 last.</summary>
    public const byte Priority = 100;

    /// <summary>The first attempt included.</summary>
    public const int MaxAttempts = 3;

    /// <summary>Lost runs in a row that are forgiven.</summary>
    public const int MaxLostRuns = 3;

    /// <summary>From this many lost runs on, a worker runs at most one such job at a time.</summary>
    public const int SuspectAfter = 2;

    /// <summary>Tries of a job's <c>FailedAsync</c>.</summary>
    public const int FailedHookTries = 3;

    /// <summary>Checkpoints kept in a job's history.</summary>
    public const int CheckpointsKept = 5;

    /// <summary>60 s.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(60);

    /// <summary>1 h.</summary>
    public static readonly TimeSpan MaxRetryDelay = TimeSpan.FromHours(1);

    /// <summary>10 min.</summary>
    public static readonly TimeSpan StallAfter = TimeSpan.FromMinutes(10);

    /// <summary>A run that lived this long made headway: 5 min.</summary>
    public static readonly TimeSpan HeadwayAfter = TimeSpan.FromMinutes(5);

    /// <summary>Completed jobs: 3 days.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(3);

    /// <summary>Cancelled jobs: 14 days.</summary>
    public static readonly TimeSpan CancelledRetention = TimeSpan.FromDays(14);

    /// <summary>Failed jobs on which nobody acted: 90 days.</summary>
    public static readonly TimeSpan FailedRetention = TimeSpan.FromDays(90);

    /// <summary>Id and nonce of a job that went at completion stay this long, so that a repeated write finds them: 10 min.</summary>
    public static readonly TimeSpan NonceRetention = TimeSpan.FromMinutes(10);

    /// <summary>Runs longer than this leave a row in the job's history: 1 s.</summary>
    public static readonly TimeSpan HistoryAfter = TimeSpan.FromSeconds(1);

    /// <summary>A line of the audit stays this long: 365 days.</summary>
    public static readonly TimeSpan AuditRetention = TimeSpan.FromDays(365);

    /// <summary>A watch order lives this long: 30 s.</summary>
    public static readonly TimeSpan WatchFor = TimeSpan.FromSeconds(30);
}

/// <summary>The limits on what a job may hold. What is over one is refused at the call.</summary>
public static class JobLimits
{
    /// <summary>1 MiB.</summary>
    public const int PayloadBytes = 1 << 20;

    /// <summary>16 MiB.</summary>
    public const int CheckpointBytes = 16 << 20;

    /// <summary>64 KiB: over this a checkpoint is kept apart from the hot row and written alone.</summary>
    public const int SmallCheckpointBytes = 64 << 10;

    /// <summary>1 MiB.</summary>
    public const int ResultBytes = 1 << 20;

    /// <summary>200 characters; what is longer is cut.</summary>
    public const int NoteLength = 200;

    /// <summary>200 characters; what is longer is cut.</summary>
    public const int DescriptionLength = 200;

    /// <summary>8 KiB; what is longer is cut.</summary>
    public const int LogLineLength = 8 << 10;

    /// <summary>10,000; then the oldest go.</summary>
    public const int LogLinesPerJob = 10_000;

    /// <summary>16.</summary>
    public const int Tags = 16;

    /// <summary>64 characters.</summary>
    public const int TagLength = 64;

    /// <summary>128 characters: queue, job name, owner.</summary>
    public const int NameLength = 128;

    /// <summary>256 characters.</summary>
    public const int UniqueKeyLength = 256;

    /// <summary>256 characters: the key of a note.</summary>
    public const int NoteKeyLength = 256;

    /// <summary>4 KiB: a note.</summary>
    public const int NoteBytes = 4 << 10;

    /// <summary>4 MiB: the most that one flush sends.</summary>
    public const int FlushBytes = 4 << 20;

    /// <summary>Whether the text is 1–128 characters of <c>A-Z a-z 0-9 . _ - : /</c>, as queue, job name and owner must be.</summary>
    public static bool IsName(string? text)
    {
        if (text is null || text.Length is 0 or > NameLength)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or ':' or '/'))
                return false;
        }

        return true;
    }
}

/// <summary>The order of queues for a worker that names none: critical, high, default (and all others), low, maintenance.</summary>
public static class QueueRank
{
    /// <summary>1 first … 5 last.</summary>
    public static int Of(string queue) => queue switch
    {
        "critical" => 1,
        "high" => 2,
        "low" => 4,
        "maintenance" => 5,
        _ => 3,
    };
}
