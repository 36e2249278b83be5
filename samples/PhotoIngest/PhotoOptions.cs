using System.ComponentModel.DataAnnotations;

namespace PhotoIngest;

/// <summary>Where the photos live and what is made of them. Section <c>Photos</c> of the configuration.</summary>
public sealed class PhotoOptions
{
    /// <summary>The folder of the library, its previews and its database; default <c>photo-demo</c> in the current one.</summary>
    [Required]
    public string Root { get; set; } = "photo-demo";

    /// <summary>Long side of a preview in pixels; default 2,048.</summary>
    [Range(16, 65_535)]
    public int PreviewSize { get; set; } = 2048;

    /// <summary>Long side of an enhanced preview; default 4,096.</summary>
    [Range(16, 65_535)]
    public int EnhancedSize { get; set; } = 4096;

    /// <summary>Side of the square thumbnail; default 400.</summary>
    [Range(16, 65_535)]
    public int ThumbnailSize { get; set; } = 400;

    /// <summary>1 to 100; default 85.</summary>
    [Range(1, 100)]
    public int JpegQuality { get; set; } = 85;

    /// <summary>How long vips or exiftool may take for one photo; default one minute.</summary>
    public TimeSpan ToolLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether this process also runs jobs; default true. Without, other processes on the same store do.</summary>
    public bool RunsJobs { get; set; } = true;

    /// <summary>Where the pages are served, on 127.0.0.1 only; default 5310. 0 takes a free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; } = 5310;

    /// <summary>The largest file that may be uploaded, in bytes; default 500 MB.</summary>
    [Range(1, long.MaxValue)]
    public long MostUploadBytes { get; set; } = 500_000_000;

    /// <summary>How many files one request may bring; default 1,000. The page sends one in each.</summary>
    [Range(1, 1_000_000)]
    public int MostUploadFiles { get; set; } = 1_000;
}
