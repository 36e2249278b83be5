using System.Diagnostics;

namespace Longhaul.Worker;

/// <summary>
/// Named moments at which a crash test ends the process, as kill -9 would: <c>LONGHAUL_FAULT=name:n</c> dies when the point is reached
/// for the n-th time. Without the variable it costs a static readonly test, which the JIT removes.
/// </summary>
internal static class FaultPoints
{
    private static readonly (string Name, int Count)? Armed = Parse(Environment.GetEnvironmentVariable("LONGHAUL_FAULT"));
    private static int _reached;

    public static void Reach(string name)
    {
        if (Armed is { } armed && armed.Name == name && Interlocked.Increment(ref _reached) == armed.Count)
            Process.GetCurrentProcess().Kill(); // SIGKILL: nothing of this process runs after it
    }

    private static (string, int)? Parse(string? text)
        => text?.Split(':') is [var name, var count] && int.TryParse(count, out var n) ? (name, n) : null;
}
