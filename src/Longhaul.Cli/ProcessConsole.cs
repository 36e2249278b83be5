using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Longhaul.Cli;

/// <summary>The console of the real process.</summary>
internal static class ProcessConsole
{
    public static CliConsole Open() => new()
    {
        Out = Console.IsOutputRedirected ? Pipe(1) : Console.Out,
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        OutIsTerminal = !Console.IsOutputRedirected,
        InIsTerminal = !Console.IsInputRedirected,
        Size = Size,
        ReadKey = static () => !Console.IsInputRedirected && Console.KeyAvailable ? Console.ReadKey(intercept: true) : null,
        Variable = Environment.GetEnvironmentVariable,
        User = Environment.UserName is { Length: > 0 } name ? name : "cli",
    };

    private static StreamWriter Pipe(int descriptor) => new(PipeStream(descriptor), new UTF8Encoding(false), 16 << 10);

    /// <summary>
    /// The console's own stream swallows the error of a closed pipe, so that <c>logs --follow | head</c> would never end.
    /// A file, though, must be written by it: a <see cref="FileStream"/> would write at a position of its own, over what others write.
    /// </summary>
    private static Stream PipeStream(int descriptor)
    {
        if (!OperatingSystem.IsWindows())
        {
            var pipe = new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, 0);
            if (!pipe.CanSeek)
                return pipe;
        }

        return Console.OpenStandardOutput();
    }

    private static (int Width, int Height) Size()
    {
        try
        {
            return (Console.WindowWidth, Console.WindowHeight);
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return (80, 25);
        }
    }
}
