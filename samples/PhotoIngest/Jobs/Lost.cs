namespace PhotoIngest.Jobs;

/// <summary>How often a job may be lost, in a row and without headway, before it is taken for the one that kills workers.</summary>
internal static class Lost
{
    /// <summary>What could crash here runs in processes apart (vips, exiftool), so a worker that died says little about the photo that it had.</summary>
    public const int Often = 100;
}
