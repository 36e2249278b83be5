namespace Longhaul;

/// <summary>One program that jobs may run: what is fixed, and what a job may say. Also in the settings, under <c>Longhaul:Processes:NAME</c>.</summary>
public sealed class ProcessEntry
{
    /// <summary>The program's absolute path. It must be there when the host starts, executable, and not writable for everybody.</summary>
    public string Executable { get; set; } = "";

    /// <summary>
    /// Arguments, each passed on as one, never through a shell. <c>{name}</c> stands for a parameter, <c>{command}</c> for the job's command, <c>{*}</c> for what
    /// stands in place of the entry's <c>*</c>, <c>{cursor}</c> for the cursor that the program printed last. An argument whose parameter has no value is left out.
    /// </summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>Parameters by name, each with the regular expression that its whole value must match. A value that begins an argument may not begin with <c>-</c>.</summary>
    public IDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The working folder, an absolute path; default the temporary folder.</summary>
    public string? WorkingFolder { get; set; }

    /// <summary>Environment variables that the program gets. Of the worker's own it gets only those of <see cref="PassEnvironment"/>.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Names of the worker's environment variables that are passed on; default <c>PATH</c>, <c>HOME</c>, <c>LANG</c>, <c>TZ</c>.</summary>
    public IList<string> PassEnvironment { get; } = ["PATH", "HOME", "LANG", "TZ"];

    /// <summary>How long the program may run, in all runs of a job together: at most 49 days; default 2 h. Null: without a limit.</summary>
    public TimeSpan? TimeLimit { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How long it may take to end after SIGTERM before it is killed; default 10 s.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Exit codes after which the job is tried again, as far as it has attempts; all others but 0 fail it at once.</summary>
    public IList<int> RetryExitCodes { get; } = [];

    /// <summary>The program's phases with their shares of the whole, in order, as it names them in its output. Shares of 1 are right from the start.</summary>
    public IDictionary<string, double> Phases { get; } = new Dictionary<string, double>(StringComparer.Ordinal);
}
