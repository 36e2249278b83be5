using System.CommandLine;

namespace Longhaul.Cli.Parsing;

/// <summary>The options of <c>work</c> and <c>run</c>.</summary>
internal sealed class WorkOptionsParser
{
    private readonly Argument<string[]?> _queue = Opt.QueueArgument("The queue, or several in their order: emails,default. Without it all queues.");
    private readonly Option<string[]> _queues = Opt.Queues("The same.");
    private readonly Option<int?> _concurrency = Opt.Number("--concurrency", "Jobs at once; default processors x 2, at least 4.", 1, 100_000);
    private readonly Option<int?> _long = Opt.Number("--long", "Further slots, for long jobs alone, so that they cannot take every slot.", 0, 100_000);
    private readonly Option<int?> _memory = Opt.Number("--memory", "Over this many MB it finishes its jobs and ends with exit code 12.", 1, 1 << 24);
    private readonly Option<int?> _maxJobs = Opt.Number("--max-jobs", "Ends after so many jobs.", 1);
    private readonly Option<TimeSpan?> _maxTime = Opt.Duration("--max-time", "Ends after this long.", zero: false);
    private readonly Option<bool> _once = Opt.Flag("--once", "Does one job, if one is due, and ends.");
    private readonly Option<bool> _whenEmpty = Opt.Flag("--stop-when-empty", "Ends when nothing is due.");
    private readonly Option<TimeSpan?> _sleep = Opt.Duration("--sleep", "How often to look for work behind notifications; default 5.", zero: false);
    private readonly Option<TimeSpan?> _timeout = Opt.Duration("--timeout", "Run time after which a run is an error, whatever the job says; default none.", zero: false);
    private readonly Option<int?> _tries = Opt.Number("--tries", "Attempts in all, whatever the job says.", 1, 1_000);
    private readonly Option<TimeSpan?> _shutdown = Opt.Duration("--shutdown-timeout", "How long a stopping worker lets its jobs go on; default 25.");
    private readonly Option<bool> _hangs = Opt.Flag("--exit-when-code-hangs", "Finishes its jobs and ends with exit code 13 when code goes on 30 s after its run's time was over.");
    private readonly Option<bool> _fair = Opt.Flag("--fair", "Takes turns, so that no queue starves.");
    private readonly Option<TimeSpan?> _slice = Opt.Duration(
        "--time-slice", "A job that can be interrupted gives way after this long when others wait; 5m when no time is given.", zero: false, bare: TimeSpan.FromMinutes(5));

    public Option<int?> Processes { get; } = Opt.Number("--processes", "A small parent that keeps so many workers running.", 1, 1_000);

    public Option<string?> LogFile { get; } = Opt.Text("--log-file", "FILE", "Appends to this file instead; all of --processes share it; opened anew on SIGHUP.");

    public Option<bool> Verbose { get; } = Opt.Flag("--verbose", "Shows all lines, not only those of jobs.", "-v");

    public void AddTo(Verb verb) => verb.With(
        _queue, _queues, _concurrency, _long, Processes, _once, _whenEmpty, _maxJobs, _maxTime, _memory, _timeout, _tries, _hangs, _sleep, _shutdown, _fair, _slice,
        LogFile, Verbose);

    /// <summary>Whether a worker that has ended is not to be started again.</summary>
    public bool EndsByItself(ParseResult parse) => parse.GetValue(_once) || parse.GetValue(_whenEmpty);

    /// <summary>Puts what was said over what the application has configured.</summary>
    public void Apply(ParseResult parse, WorkerOptions options)
    {
        var queues = (parse.GetValue(_queue) ?? []).Concat(parse.GetValue(_queues) ?? []).Distinct(StringComparer.Ordinal).ToArray();
        options.QueueNames = queues.Length > 0 ? queues : options.QueueNames;
        options.Concurrency = parse.GetValue(_concurrency) ?? (parse.GetValue(_once) ? 1 : options.Concurrency);
        options.LongSlots = parse.GetValue(_long) ?? (parse.GetValue(_once) ? 0 : options.LongSlots);
        options.MemoryLimitMegabytes = parse.GetValue(_memory) ?? options.MemoryLimitMegabytes;
        options.MaxJobs = parse.GetValue(_once) ? 1 : parse.GetValue(_maxJobs) ?? options.MaxJobs;
        options.MaxTime = parse.GetValue(_maxTime) ?? options.MaxTime;
        options.StopWhenEmpty |= parse.GetValue(_once) || parse.GetValue(_whenEmpty);
        options.PollInterval = parse.GetValue(_sleep) ?? options.PollInterval;
        options.ShutdownTimeout = parse.GetValue(_shutdown) ?? options.ShutdownTimeout;
        options.ExitWhenCodeHangs |= parse.GetValue(_hangs);
        options.Fair |= parse.GetValue(_fair);
        options.TimeSlice = parse.GetValue(_slice) ?? options.TimeSlice;
        if (parse.GetValue(_timeout) is null && parse.GetValue(_tries) is null)
            return;

        options.Timeout = parse.GetValue(_timeout) ?? (options.OverrideJobs ? options.Timeout : null);
        options.MaxAttempts = parse.GetValue(_tries) ?? (options.OverrideJobs ? options.MaxAttempts : null);
        options.OverrideJobs = true;
    }
}
