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
}
