namespace Longhaul;

/// <summary>One run of a job, as its handler sees it.</summary>
public sealed partial class JobContext
{
    private readonly Worker.RunState _run;

    internal JobContext(Worker.RunState run) => _run = run;

    /// <summary>The job's id.</summary>
    public JobId Id => _run.Claim.Key.Job;

    /// <summary>Why the run is asked to stop; <see cref="StopReason.None"/> while it is not.</summary>
    public StopReason StopReason => _run.StopReason;
}
