using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace StorageMigration.Transforms;

/// <summary>Makes sizes of images with libvips' command line: upright by pixels, sRGB, without metadata. No shell, and a time limit.</summary>
internal sealed class ImageSizes(IOptions<TransformOptions> options, TimeProvider time)
{
    private const int MostErrorText = 4096;
    private const string Unlimited = "100000";

    private readonly TransformOptions _options = options.Value;

    /// <summary>Makes one.</summary>
    /// <param name="source">A file with a name of ours: vips reads options in brackets at its end.</param>
    /// <param name="target">The file to write; its name as well.</param>
    /// <param name="size">What is wanted; an image that is narrower keeps its width.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnreadableImageException">The image cannot be decoded, not wholly, or not in time.</exception>
    /// <exception cref="InvalidOperationException">vips is not there, or cannot do its work here.</exception>
    public async Task MakeAsync(string source, string target, ImageSize size, CancellationToken cancellationToken)
    {
        var quality = _options.Quality.ToString(CultureInfo.InvariantCulture);
        var saving = size.Format switch
        {
            "jpg" => $"[Q={quality},strip,background=255]", // what is transparent becomes white
            "png" => "[strip]",
            _ => $"[Q={quality},strip]",
        };
        var start = new ProcessStartInfo("vips",
            ["thumbnail", source, target + saving, size.Width.ToString(CultureInfo.InvariantCulture), "--height", Unlimited, "--size", "down", "--fail-on", "truncated", "--export-profile", "srgb"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };

        // One thread each: several images are made at once. Loaders that libvips does not trust stay shut.
        start.Environment["VIPS_CONCURRENCY"] = "1";
        start.Environment["VIPS_BLOCK_UNTRUSTED"] = "1";
        start.Environment["VIPS_WARNING"] = "1";

        using var process = Start(start);
        process.StandardInput.Close();
        var output = ReadAsync(process.StandardOutput);
        var error = ReadAsync(process.StandardError);
        using var limit = new CancellationTokenSource(_options.ToolLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new UnreadableImageException(string.Create(CultureInfo.InvariantCulture, $"vips took longer than {_options.ToolLimit.TotalSeconds:0} s"));
        }

        await output;
        var said = await error;
        if (process.ExitCode != 0)
            throw new UnreadableImageException($"vips: {FirstLine(said, source)}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"vips must be installed, but cannot be run ({e.Message}); on Debian it comes with: apt install libvips-tools", e);
        }
    }

    /// <summary>Keeps the beginning and reads the rest, so that a talkative program never blocks.</summary>
    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var text = new System.Text.StringBuilder();
        var buffer = new char[1024];
        int read;
        while ((read = await reader.ReadAsync(buffer, CancellationToken.None)) > 0)
            text.Append(buffer, 0, Math.Min(read, MostErrorText - text.Length));
        return text.ToString();
    }

    private static string FirstLine(string said, string source)
        => (said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "no reason given").Replace(source, "the image", StringComparison.Ordinal);
}

/// <summary>No size can be made of an image.</summary>
internal sealed class UnreadableImageException(string message) : Exception(message);
