namespace Longhaul;

/// <summary>Makes links with which end users of the application follow one job's progress, without a login and without seeing anything else of it.</summary>
public interface IProgressLinks
{
    /// <summary>A signed path to the progress of a job, such as <c>/longhaul/p/CfDJ8…</c>: for <c>&lt;longhaul-progress src="…"&gt;</c>, or to be fetched.</summary>
    /// <param name="job">The job.</param>
    /// <param name="validFor">How long it works; over zero.</param>
    string Create(JobId job, TimeSpan validFor);
}
