using System.Globalization;

namespace StorageMigration.Transforms;

/// <summary>The sizes that are made of each image, and where they go.</summary>
internal sealed class TransformPlan
{
    public const string SizesPattern = "[1-9][0-9]{0,4}(,[1-9][0-9]{0,4}){0,31}";
    public const string FormatsPattern = "(webp|jpg|png|avif)(,(webp|jpg|png|avif)){0,3}";

    // What the loaders of libvips read that are trusted with files of strangers.
    private static readonly string[] Images = [".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"];

    private readonly string _prefix;
    private readonly (int Width, string Format)[] _sizes;

    /// <exception cref="ArgumentException">A size or a format is none.</exception>
    public TransformPlan(string sizes, string formats, string prefix)
    {
        _prefix = prefix.TrimEnd('/') + "/";
        var widths = Parts(sizes).Select(static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var width) && width is > 0 and <= 16_384
            ? width : throw new ArgumentException($"Each size must be a width in pixels from 1 to 16384, but one was '{text}'.", nameof(sizes)));
        var kinds = Parts(formats).Select(static text => ContentTypes.ContainsKey(text)
            ? text : throw new ArgumentException($"Each format must be one of {string.Join(", ", ContentTypes.Keys)}, but one was '{text}'.", nameof(formats))).ToArray();
        _sizes = [.. widths.Distinct().SelectMany(width => kinds.Distinct().Select(kind => (width, kind)))];
    }

    public static IReadOnlyDictionary<string, string> ContentTypes { get; } = new Dictionary<string, string>
    {
        ["avif"] = "image/avif",
        ["jpg"] = "image/jpeg",
        ["png"] = "image/png",
        ["webp"] = "image/webp",
    };

    /// <summary>Whether sizes are made of it: by its name, for a listing says no more. Sizes themselves are none.</summary>
    public bool IsImage(string key) => !key.StartsWith(_prefix, StringComparison.Ordinal) && Images.Contains(Path.GetExtension(key), StringComparer.OrdinalIgnoreCase);

    /// <summary>What is made of an image.</summary>
    public IEnumerable<ImageSize> SizesOf(string key) => _sizes.Select(size => new ImageSize(string.Create(CultureInfo.InvariantCulture, $"{_prefix}{key}/{size.Width}.{size.Format}"), size.Width, size.Format));

    /// <summary>The image that a size was made of; null: the key is none of a size.</summary>
    public static string? OriginalOf(string key, string prefix)
    {
        var folder = prefix.TrimEnd('/') + "/";
        var end = key.LastIndexOf('/');
        return key.StartsWith(folder, StringComparison.Ordinal) && end > folder.Length ? key[folder.Length..end] : null;
    }

    private static string[] Parts(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>One size of an image.</summary>
/// <param name="Key">Where it goes.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Format">Of <see cref="TransformPlan.ContentTypes"/>.</param>
internal sealed record ImageSize(string Key, int Width, string Format);
