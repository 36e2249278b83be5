using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Longhaul.Hosting;
using Longhaul.Jobs;

namespace Longhaul.Processes;

/// <summary>The programs that jobs may run. What is not in it is refused.</summary>
internal sealed class ProcessCatalog
{
    private const string Below = "/*";

    /// <summary>What a timer can hold.</summary>
    private static readonly TimeSpan LongestLimit = TimeSpan.FromDays(49);

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Dictionary<string, Program> _programs = new(StringComparer.Ordinal);

    /// <param name="entries">By name.</param>
    /// <param name="problems">Gets what does not hold.</param>
    public ProcessCatalog(IEnumerable<KeyValuePair<string, ProcessEntry>> entries, List<string> problems)
    {
        foreach (var (name, entry) in entries)
        {
            if (ReadEntry(name, entry, problems) is { } program)
                _programs.Add(name, program);
        }
    }

    public IEnumerable<string> Names => _programs.Keys;

    /// <exception cref="FailNowException">It is not allowed, or an argument is not.</exception>
    public ProcessCommand Resolve(RunProcess job, string? cursor)
    {
        if (!TryFind(job.Command, out var program, out var rest))
        {
            var advice = Nearest.Word(job.Command, Names) is { } near ? $"Did you mean {Quoted.Text(near)}?" : "Entries are set under Longhaul:Processes.";
            throw new FailNowException($"The command must be an entry of the allow-list, but there is none for {Quoted.Text(job.Command)}. {advice}");
        }

        var given = job.Arguments ?? new Dictionary<string, string>();
        foreach (var (name, value) in given)
            program.Check(job.Command, name, value);
        var arguments = program.Arguments.Select(argument => argument.Fill(ValueOf)).OfType<string>().ToArray();
        return new ProcessCommand(job.Command, program.Entry, arguments);

        string? ValueOf(string name) => name switch
        {
            ArgumentTemplate.Command => job.Command,
            ArgumentTemplate.Rest => rest,
            ArgumentTemplate.Cursor => cursor,
            _ => given.TryGetValue(name, out var value) ? value : null,
        };
    }

    private bool TryFind(string command, [NotNullWhen(true)] out Program? program, out string? rest)
    {
        rest = null;
        if (_programs.TryGetValue(command, out program) && !command.EndsWith(Below, StringComparison.Ordinal))
            return true;
        for (var slash = command.LastIndexOf('/'); slash > 0; slash = command.LastIndexOf('/', slash - 1))
        {
            rest = command[(slash + 1)..];
            if (_programs.TryGetValue(command[..slash] + Below, out program))
                return IsPlain(rest);
        }

        program = null;
        return false;
    }

    /// <summary>What stands in place of <c>*</c> becomes part of an argument: words and slashes, nothing that leads elsewhere.</summary>
    private static bool IsPlain(string rest)
        => rest.Length is > 0 and <= 128 && rest.Split('/').All(static part => part.Length > 0 && char.IsAsciiLetterOrDigit(part[0]) && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));

    private static Program? ReadEntry(string name, ProcessEntry entry, List<string> problems)
    {
        var before = problems.Count;
        var where = $"The process entry {Quoted.Text(name)}";
        CheckProgram(where, entry.Executable, problems);
        if (entry.WorkingFolder is { } folder && !(Path.IsPathFullyQualified(folder) && Directory.Exists(folder)))
            problems.Add($"{where} must work in a folder that is there, named by its absolute path, but WorkingFolder is {Quoted.Text(folder)}.");
        if (entry.TimeLimit is { } limit && (limit <= TimeSpan.Zero || limit > LongestLimit))
            problems.Add($"{where} must have a TimeLimit above 0 and of at most {LongestLimit.Days} days, or none, but has {limit}.");
        if (entry.Grace < TimeSpan.Zero)
            problems.Add($"{where} must have a Grace of at least 0, but has {entry.Grace}.");
        foreach (var (phase, weight) in entry.Phases.Where(static phase => !double.IsFinite(phase.Value) || phase.Value < 0))
            problems.Add($"{where} must give each phase a share of at least 0, but {Quoted.Text(phase)} has {weight}.");

        var patterns = new Dictionary<string, Regex>(StringComparer.Ordinal);
        foreach (var (parameter, pattern) in entry.Parameters)
        {
            try
            {
                patterns.Add(parameter, new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout));
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                problems.Add($"{where} must have a regular expression for {Quoted.Text(parameter)} (without look-arounds and back references, and with + instead of a long {1,2000}), but: {e.Message}");
            }
        }

        var arguments = new List<ArgumentTemplate>();
        foreach (var text in entry.Arguments)
        {
            if (ArgumentTemplate.Parse(text) is not { } argument)
            {
                problems.Add($"{where} must close each brace of an argument around a name, but one is {Quoted.Text(text)}.");
                continue;
            }

            arguments.Add(argument);
            problems.AddRange(argument.Parameters
                .Where(parameter => parameter is not (ArgumentTemplate.Command or ArgumentTemplate.Rest or ArgumentTemplate.Cursor) && !entry.Parameters.ContainsKey(parameter))
                .Select(parameter => $"{where} must say what {Quoted.Text(parameter)} may be, but an argument names it and Parameters does not. Add its pattern."));
        }

        return problems.Count == before ? new Program(entry, arguments, patterns) : null;
    }

    private static void CheckProgram(string where, string path, List<string> problems)
    {
        if (!Path.IsPathFullyQualified(path))
            problems.Add($"{where} must name its program by an absolute path, but Executable is {Quoted.Text(path)}.");
        else if (!File.Exists(path))
            problems.Add($"{where} must name a program that is there, but there is none at {Quoted.Text(path)}.");
        else if (!OperatingSystem.IsWindows())
            CheckMode(where, path, problems);
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void CheckMode(string where, string path, List<string> problems)
    {
        var program = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if ((File.GetUnixFileMode(program) & Executable) == UnixFileMode.None)
            problems.Add($"{where} must name a program that may be executed, but {Quoted.Text(path)} may not. Run 'chmod +x' on it.");
        if (File.GetUnixFileMode(program).HasFlag(UnixFileMode.OtherWrite))
            problems.Add($"{where} must name a program that only its owner can change, but everybody may write {Quoted.Text(path)}. Run 'chmod o-w' on it.");
        if (Path.GetDirectoryName(program) is { } folder && File.GetUnixFileMode(folder) is var mode && mode.HasFlag(UnixFileMode.OtherWrite) && !mode.HasFlag(UnixFileMode.StickyBit))
            problems.Add($"{where} must name a program that only its owner can replace, but everybody may write the folder of {Quoted.Text(path)}. Run 'chmod o-w' on that.");
    }

    private sealed record Program(ProcessEntry Entry, IReadOnlyList<ArgumentTemplate> Arguments, Dictionary<string, Regex> Patterns)
    {
        public void Check(string command, string name, string? value)
        {
            if (!Patterns.TryGetValue(name, out var pattern))
            {
                var known = Patterns.Count == 0 ? "it takes none" : $"it takes {string.Join(", ", Patterns.Keys.Order(StringComparer.Ordinal))}";
                throw new FailNowException($"An argument of {Quoted.Text(command)} must be a parameter of its entry, but {Quoted.Text(name)} is not: {known}.");
            }

            if (value is null || value.Contains('\0', StringComparison.Ordinal) || !pattern.IsMatch(value))
                throw new FailNowException($"{Quoted.Text(name)} of {Quoted.Text(command)} must match {Quoted.Text(Entry.Parameters[name])}, but was {Quoted.Text(value)}.");
        }
    }
}
