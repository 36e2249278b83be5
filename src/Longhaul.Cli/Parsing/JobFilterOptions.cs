using System.CommandLine;
using Longhaul.Storage;

namespace Longhaul.Cli.Parsing;

/// <summary>The options that say which jobs: the same for every list.</summary>
internal sealed class JobFilterOptions
{
    private static readonly Dictionary<string, (JobState State, DerivedState Derived)> States = new(StringComparer.OrdinalIgnoreCase)
    {
        ["waiting"] = (JobState.Waiting, DerivedState.None),
        ["pending"] = (JobState.Pending, DerivedState.None),
        ["running"] = (JobState.Running, DerivedState.None),
        ["paused"] = (JobState.Paused, DerivedState.None),
        ["completed"] = (JobState.Completed, DerivedState.None),
        ["failed"] = (JobState.Failed, DerivedState.None),
        ["cancelled"] = (JobState.Cancelled, DerivedState.None),
        ["scheduled"] = (JobState.Pending, DerivedState.Scheduled),
        ["retrying"] = (JobState.Pending, DerivedState.Retrying),
        ["stuck"] = (JobState.Running, DerivedState.Stuck),
    };

    private readonly Option<(JobState State, DerivedState Derived)?> _state = Opt.Choice("--state", "Only jobs in this state.", States);
    private readonly Option<string?> _queue = Opt.Pattern("--queue", "Only jobs of this queue; * stands for anything.");
    private readonly Option<string?> _name = Opt.Pattern("--name", "Only jobs of this name; * stands for anything.");
    private readonly Option<string?> _tag = Opt.Text("--tag", "TAG", "Only jobs with this tag.");
    private readonly Option<string?> _owner = Opt.Name("--owner", "Only jobs of this owner.");
    private readonly Option<string?> _search = Opt.Text("--search", "TEXT", "Only jobs with this text in payload, description or error.");
    private readonly Option<Past?> _since = Opt.Past("--since", "Only jobs made since then: a moment, or how long ago.");
    private readonly Option<Past?> _until = Opt.Past("--until", "Only jobs made before then: a moment, or how long ago.");
    private readonly Option<bool> _oldest = Opt.Flag("--oldest-first", "Oldest first instead of newest first.");

    public void AddTo(Command command, bool withState)
    {
        if (withState)
            command.Add(_state);
        foreach (var option in new Option[] { _queue, _name, _tag, _owner, _search, _since, _until, _oldest })
            command.Add(option);
    }

    public JobFilter Read(ParseResult parse, TimeProvider time, JobState? only = null)
    {
        var state = only is { } fixedState ? (fixedState, DerivedState.None) : parse.GetValue(_state);
        return new JobFilter
        {
            States = state is { } s ? [s.Item1] : [],
            Derived = state is { Item2: not DerivedState.None } d ? d.Item2 : null,
            Queue = parse.GetValue(_queue),
            Name = parse.GetValue(_name),
            Tag = parse.GetValue(_tag),
            Owner = parse.GetValue(_owner),
            Text = parse.GetValue(_search),
            CreatedFrom = parse.GetValue(_since)?.Before(time),
            CreatedBefore = parse.GetValue(_until)?.Before(time),
            OldestFirst = parse.GetValue(_oldest),
        };
    }
}

/// <summary>A moment, or so long ago.</summary>
internal readonly record struct Past(DateTimeOffset? Moment, TimeSpan Ago)
{
    public DateTimeOffset Before(TimeProvider time) => Moment ?? time.GetUtcNow() - Ago;
}
