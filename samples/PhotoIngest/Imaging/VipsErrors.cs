namespace PhotoIngest.Imaging;

/// <summary>What vips says, in words for the person who owns the photo.</summary>
internal static class VipsErrors
{
    private static readonly (string Said, string Reason)[] Reasons =
    [
        ("premature end of data segment", "the picture's data is damaged"),
        ("bad seek", "the file is cut off, its end is missing"),
        ("Unexpected end of file", "the file is cut off, its end is missing"),
        ("Premature end", "the file is cut off, its end is missing"),
        ("not enough data", "the file is cut off, its end is missing"),
        ("unable to parse image", "the picture's data is damaged or cut off"),
        ("libpng read error", "the picture's data is damaged or cut off"),
        ("Unsupported codec", "this kind of HEIF needs a decoder that is not installed (Debian: libheif-plugin-libde265 or libheif1)"),
        ("Unsupported feature", "this kind of HEIF is not supported by the libheif that is installed"),
        ("operation is blocked", "the file is damaged, or of a kind that is not read here"),
        ("not a known file format", "the file is damaged, or of a kind that the installed libvips cannot read"),
    ];

    private static readonly string[] Environmental = ["No space left", "unable to write", "wbuffer_write", "out of memory"];

    /// <summary>An exception about the photo; or about this machine, when that is what stood in the way.</summary>
    public static Exception Explain(string said)
    {
        var detail = Detail(said);
        if (Environmental.Any(sign => said.Contains(sign, StringComparison.OrdinalIgnoreCase)))
            return new ToolException($"vips could not do its work: {detail}");

        var known = Reasons.FirstOrDefault(reason => said.Contains(reason.Said, StringComparison.OrdinalIgnoreCase)).Reason;
        return new UnreadablePhotoException($"{known ?? "the picture cannot be decoded"} (vips: {detail})");
    }

    /// <summary>The first line that says something, without the path of our working copy.</summary>
    private static string Detail(string said)
    {
        var line = said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "no reason given";
        var words = line.Split(' ').Select(word => word.Contains('/') && Path.IsPathRooted(word.Trim('"', ':')) ? "the file" : word);
        return string.Join(' ', words);
    }
}
