using Longhaul;

namespace PhotoIngest.Demo;

/// <summary>The long job ended other than by being done.</summary>
internal sealed class DemoFailedException(JobId job, JobInfo walk)
    : Exception($"photos.folder (job {job}) was {(walk.State == JobState.Cancelled ? "cancelled" : "given up")}: {walk.Error?.Message ?? walk.Reason ?? "no reason given"}");
