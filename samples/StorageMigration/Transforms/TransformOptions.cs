using System.ComponentModel.DataAnnotations;

namespace StorageMigration.Transforms;

/// <summary>Which sizes of an image are made before anybody asks for them. Section <c>Transforms</c> of the configuration.</summary>
internal sealed class TransformOptions
{
    /// <summary>Widths in pixels, with commas between; an image that is narrower keeps its own. Default 320, 640 and 1280.</summary>
    [Required, RegularExpression(TransformPlan.SizesPattern)]
    public string Sizes { get; set; } = "320,640,1280";

    /// <summary>Of <c>webp</c>, <c>jpg</c>, <c>png</c> and <c>avif</c>, with commas between; default <c>webp,jpg</c>.</summary>
    [Required, RegularExpression(TransformPlan.FormatsPattern)]
    public string Formats { get; set; } = "webp,jpg";

    /// <summary>Where they go in the store: <c>PREFIX/KEY OF THE IMAGE/WIDTH.FORMAT</c>; default <c>_transforms</c>.</summary>
    [Required, RegularExpression("[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")]
    public string Prefix { get; set; } = "_transforms";

    /// <summary>Of jpg and webp, 1 to 100; default 80.</summary>
    [Range(1, 100)]
    public int Quality { get; set; } = 80;

    /// <summary>How long making one size of one image may take; default 1 min.</summary>
    public TimeSpan ToolLimit { get; set; } = TimeSpan.FromMinutes(1);
}
