namespace Longhaul;

/// <summary>Runs a program of the allow-list. Its output becomes the job's log, and its exit code the job's outcome: 0 completes, any other fails.</summary>
/// <param name="Command">The name of an entry, such as <c>reports/monthly</c>; where an entry ends in <c>/*</c>, a name below it.</param>
/// <param name="Arguments">Values of the entry's parameters, by name. Each must match the pattern that the entry gives for it.</param>
/// <param name="Live">Whether somebody reads along: output is in the store a tenth of a second after it was written, instead of with the next flush (2 s).</param>
[Job("process.run", MaxAttempts = 1, Description = "{Command}", LongRunning = true)]
public sealed record RunProcess(string Command, IReadOnlyDictionary<string, string>? Arguments = null, bool Live = false);

/// <summary>What is kept of a program that has ended.</summary>
/// <param name="ExitCode">What it ended with; 128 and the signal's number where a signal ended it.</param>
/// <param name="Seconds">How long it ran, in this run of the job.</param>
/// <param name="CpuSeconds">Processor time of all its processes that could be seen.</param>
/// <param name="PeakMemory">The most memory that its processes had together at one look (one a second), in bytes.</param>
public sealed record ProcessResult(int ExitCode, double Seconds, double CpuSeconds, long PeakMemory);

/// <summary>A program ended with an exit code that says that it failed.</summary>
/// <param name="exitCode">The code.</param>
/// <param name="message">What it said last.</param>
public sealed class ProcessFailedException(int exitCode, string message) : Exception(message)
{
    /// <summary>What it ended with.</summary>
    public int ExitCode { get; } = exitCode;
}
