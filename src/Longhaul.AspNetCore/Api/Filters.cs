using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api;

/// <summary>The parts of a filter, from an address or a body, checked.</summary>
internal static class Filters
{
    private const int TextLength = 200;
    private const int MostIds = 1_000;

    private static readonly Dictionary<string, JobState> StateWords = new(StringComparer.Ordinal)
    {
        ["waiting"] = JobState.Waiting,
        ["pending"] = JobState.Pending,
        ["running"] = JobState.Running,
        ["paused"] = JobState.Paused,
        ["completed"] = JobState.Completed,
        ["failed"] = JobState.Failed,
        ["cancelled"] = JobState.Cancelled,
    };

    public static string Word(JobState state) => StateWords.First(pair => pair.Value == state).Key;

    public static IReadOnlyList<JobState> States(IEnumerable<string> words)
        => [.. words.Select(static word => StateWords.TryGetValue(word, out var state)
            ? state : throw ApiProblem.Invalid("state", $"state must be one of {string.Join(", ", StateWords.Keys)}, but was {Quoted.Text(word)}.")).Distinct()];

    public static DerivedState? Derived(string? word) => word switch
    {
        null => null,
        "scheduled" => DerivedState.Scheduled,
        "retrying" => DerivedState.Retrying,
        "stuck" => DerivedState.Stuck,
        _ => throw ApiProblem.Invalid("derived", $"derived must be scheduled, retrying or stuck, but was {Quoted.Text(word)}."),
    };

    /// <summary>A queue or job name in which <c>*</c> may stand for anything.</summary>
    public static string? Pattern(string member, string? text)
        => text is null || (text.Length <= JobLimits.NameLength && text.Length > 0 && JobLimits.IsName(text.Replace('*', 'x')))
            ? text : throw ApiProblem.Invalid(member, $"{member} must be {JobTypeReader.NameRule} or *, but was {Quoted.Text(text)}.");

    public static string? Tag(string? tag)
        => tag is null || (tag.Length is > 0 and <= JobLimits.TagLength && StorageText.IsClean(tag))
            ? tag : throw ApiProblem.Invalid("tag", $"tag must have 1–{JobLimits.TagLength} characters without NUL, but was {Quoted.Text(tag)}.");

    /// <summary>The owner asked for. A caller with an owner gets no other's.</summary>
    public static string? Owner(string? owner, Caller caller)
    {
        if (owner is not null && !JobLimits.IsName(owner))
            throw ApiProblem.Invalid("owner", $"owner must be {JobTypeReader.NameRule}, but was {Quoted.Text(owner)}.");
        return caller.Owner is { } own && owner is not null && owner != own
            ? throw ApiProblem.OwnerForbidden("owner must be the caller's own, but is another.")
            : caller.Owner ?? owner;
    }

    public static string? Text(string? text)
        => text is null || (text.Length is > 0 and <= TextLength && StorageText.IsClean(text))
            ? text : throw ApiProblem.Invalid("text", $"text must have 1–{TextLength} characters without NUL, but was {Quoted.Text(text)}.");

    public static IReadOnlyList<JobId> Ids(IEnumerable<string> texts)
    {
        // An id that is none can match nothing.
        var ids = texts.Select(static text => JobId.TryParse(text, null, out var id)
            ? id : throw ApiProblem.Invalid("id", $"id must be a whole number from 1 to {JobId.MaxValue}, but was {Quoted.Text(text)}.")).Distinct().Take(MostIds + 1).ToArray();
        return ids.Length <= MostIds ? ids : throw ApiProblem.Invalid("id", $"There must be at most {MostIds} ids, but there are more.");
    }

    public static DateTimeOffset? Moment(string member, Moment? moment) => moment switch
    {
        null => null,
        { Value: { } value } => value,
        _ => throw ApiProblem.Invalid(member, $"{member} must be a moment with an offset, such as 2026-11-28T20:15:00Z, but was {Quoted.Text(moment.Value.Text)}."),
    };
}
