using Longhaul.Jobs;

namespace Longhaul;

/// <summary>One phase of a job, as its code sees it.</summary>
public sealed class PhaseContext : JobScope
{
    internal PhaseContext(JobContext job, string name, string path, ProgressNode node)
        : base(job.Run, path, node, followCurrent: false) => (Job, Name) = (job, name);

    /// <summary>The job it belongs to.</summary>
    public JobContext Job { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its name behind those of the phases it lies in, with <c>/</c> between.</summary>
    public string Path => ScopePath;

    private protected override JobContext Context => Job;
}
