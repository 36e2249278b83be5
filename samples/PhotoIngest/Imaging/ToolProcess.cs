using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace PhotoIngest.Imaging;

/// <summary>Runs a program with a list of arguments (no shell) and a time limit. Its children die with the call.</summary>
internal static class ToolProcess
{
    private const int MostErrorText = 8 * 1024;

    // Shells and .NET alike report "ended by signal n" as 128 + n.
    private const int EndedBySignal = 128;

    private static readonly int[] StopSignals = [EndedBySignal + 2, EndedBySignal + 15];

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="ToolException">It is not installed, took too long, or died: says nothing about the photo.</exception>
    public static async Task<ToolResult> RunAsync(ToolCall call, TimeProvider time, CancellationToken cancellationToken)
    {
        var result = await RunOnceAsync(call, time, cancellationToken);

        // Ctrl-C on a terminal reaches the tool too. The worker has its own way to stop, and finishes what it has begun.
        if (StopSignals.Contains(result.ExitCode))
            result = await RunOnceAsync(call, time, cancellationToken);

        return result.ExitCode <= EndedBySignal
            ? result
            : throw new ToolException($"{call.Program} was ended by signal {result.ExitCode - EndedBySignal}");
    }

    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new ToolException($"{start.FileName} did not start");
        }
        catch (Win32Exception e)
        {
            throw new ToolException($"{start.FileName} cannot be run ({e.Message}); on Debian it comes with: apt install libvips-tools libimage-exiftool-perl", e);
        }
    }

    private static async Task<ToolResult> RunOnceAsync(ToolCall call, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(call.Program, call.Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in call.Environment)
            start.Environment[name] = value;

        using var limit = new CancellationTokenSource(call.Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var process = Start(start);
        var output = ReadAsync(process.StandardOutput);
        var error = ReadAsync(process.StandardError);
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ToolException($"{call.Program} took longer than {call.Limit.TotalSeconds:0} s");
        }

        return new ToolResult(process.ExitCode, await output, await error);
    }

    /// <summary>Keeps the beginning and reads the rest, so that a talkative tool never blocks.</summary>
    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer, CancellationToken.None)) > 0)
            text.Append(buffer, 0, Math.Min(read, MostErrorText - text.Length));
        return text.ToString();
    }
}
