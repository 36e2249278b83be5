using System.Globalization;
using PhotoIngest.Library;

namespace PhotoIngest.Demo;

/// <summary>How a folder stands at one moment.</summary>
/// <param name="Total">Files that the folder has.</param>
/// <param name="Counts">What has become of them.</param>
/// <param name="Rate">Photos finished a second, lately.</param>
internal sealed record Standing(int Total, PhotoCounts Counts, double Rate)
{
    /// <summary>Files that were not met yet, and photos that are on their way.</summary>
    public int Remaining => Math.Max(0, Total - Counts.Files) + Counts.Open;

    public TimeSpan? TimeLeft => Rate > 0 && Remaining > 0 ? TimeSpan.FromSeconds(Remaining / Rate) : null;

    /// <summary>One line for logs and pipes.</summary>
    public string ToLine() =>
        $"found {Summary.Number(Counts.Files)} of {Summary.Number(Total)}, previews {Summary.Number(Counts.Previewed)}, "
        + $"ingested {Summary.Number(Counts.Ingested)}, failures {Summary.Number(Counts.Failures)}, {Pace}";

    public string Pace => string.Create(
        CultureInfo.InvariantCulture,
        $"{Rate:0.0} photos/s{(TimeLeft is { } left ? $@", {left:h\:mm\:ss} left" : "")}");
}
