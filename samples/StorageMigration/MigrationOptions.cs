using System.ComponentModel.DataAnnotations;

namespace StorageMigration;

/// <summary>What is migrated, and where to. Section <c>Migration</c> of the configuration.</summary>
internal sealed class MigrationOptions
{
    /// <summary>The application's own folder: its queue, checkpoints, logs; default <c>storage</c> in the current one.</summary>
    [Required]
    public string Root { get; set; } = "storage";

    /// <summary>The store that objects come from: an absolute path, or <c>s3://bucket/prefix?endpoint=…</c>.</summary>
    public string Source { get; set; } = "";

    /// <summary>The store that they go to.</summary>
    public string Target { get; set; } = "";

    /// <summary>The site's database, in whose texts addresses are replaced: <c>sqlite:PATH</c> or a <c>postgres://</c> address.</summary>
    public string Database { get; set; } = "";

    /// <summary>The beginning of the addresses of the source's objects, as the site's texts have it, such as <c>https://bucket.s3.amazonaws.com/</c>.</summary>
    public string SourceAddress { get; set; } = "";

    /// <summary>What takes its place.</summary>
    public string TargetAddress { get; set; } = "";

    /// <summary>Objects that are copied at once; default 8.</summary>
    [Range(1, 256)]
    public int Parallelism { get; set; } = 8;

    /// <summary>Objects of a batch; default 100. A checkpoint file is written every <see cref="CheckpointEvery"/> batches.</summary>
    [Range(1, 100_000)]
    public int BatchSize { get; set; } = 100;

    /// <summary>Batches between two checkpoint files; default 10.</summary>
    [Range(1, 1_000_000)]
    public int CheckpointEvery { get; set; } = 10;

    /// <summary>How long a migration may run, in all; default 48 h.</summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromHours(48);

    /// <summary>Other time limits than a command's own, by its name; in all runs of a job together.</summary>
    public Dictionary<string, TimeSpan> TimeLimits { get; } = new(StringComparer.Ordinal);

    /// <summary>The authorisation policy of the host that says who may use the page and the interface; empty (default): callers on this machine.</summary>
    public string Policy { get; set; } = "";

    /// <summary>Whether this process also runs jobs; default true.</summary>
    public bool RunsJobs { get; set; } = true;

    /// <summary>Where the pages are served, on 127.0.0.1 only; default 5320. 0 takes a free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; } = 5320;
}
