using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>What must hold of <see cref="EnqueueOptions"/>.</summary>
internal static class EnqueueCheck
{
    /// <exception cref="ArgumentException">Something does not hold: the message says what, what was found, and what to do.</exception>
    public static void Check(EnqueueOptions options)
    {
        if (Problem(options) is { } problem)
            throw new ArgumentException(problem, nameof(options));
    }

    private static string? Problem(EnqueueOptions o)
        => Name(nameof(o.Queue), o.Queue)
            ?? Name(nameof(o.Owner), o.Owner)
            ?? PolicyCheck.NotNegative(nameof(o.Delay), o.Delay)
            ?? (o is { Delay: not null, RunAt: not null }
                ? "Delay and RunAt must not be set together, but both are. Keep the one that you mean." : null)
            ?? Unique(o)
            ?? Tags(o.Tags)
            ?? (o.ContinueFrom is { } from && from.Value is < 1 or > JobId.MaxValue
                ? $"ContinueFrom must be the id of a job, from 1 to {JobId.MaxValue}, but was {from}." : null);

    private static string? Name(string option, string? value)
        => value is null || JobLimits.IsName(value) ? null : $"{option} must be {JobTypeReader.NameRule}, but was {Quoted.Text(value)}.";

    private static string? Unique(EnqueueOptions o)
    {
        if (o.UniqueKey is not { } key)
            return o.UniqueFor is null ? null : "UniqueFor must come with a UniqueKey, but there is none. Set UniqueKey, or leave UniqueFor out.";
        if (key.Length is 0 or > JobLimits.UniqueKeyLength)
            return $"UniqueKey must have 1–{JobLimits.UniqueKeyLength} characters, but has {key.Length}. Use a hash of what is longer.";
        if (!IsPlain(key))
            return $"UniqueKey must hold no control characters and no halves of surrogate pairs, but was {Quoted.Text(key)}.";
        return o.UniqueScope switch
        {
            UniqueScope.Window => o.UniqueFor is null
                ? "UniqueFor must say how long, with UniqueScope.Window, but is not set."
                : PolicyCheck.OverZero(nameof(o.UniqueFor), o.UniqueFor, "Leave it out with any other UniqueScope."),
            UniqueScope.UntilStarted or UniqueScope.UntilFinished => o.UniqueFor is null
                ? null : $"UniqueFor must come with UniqueScope.Window, but the scope is {o.UniqueScope}. Set UniqueScope = UniqueScope.Window, or leave UniqueFor out.",
            _ => $"UniqueScope must be UntilStarted, UntilFinished or Window, but was {(int)o.UniqueScope}.",
        };
    }

    private static string? Tags(IReadOnlyList<string>? tags)
    {
        if (tags is null)
            return null;
        if (tags.Count > JobLimits.Tags)
            return $"Tags must be at most {JobLimits.Tags}, but there are {tags.Count}.";
        foreach (var tag in tags)
        {
            if (tag is null || tag.Length is 0 or > JobLimits.TagLength)
                return $"A tag must have 1–{JobLimits.TagLength} characters, but one has {tag?.Length ?? 0}.";
            if (!IsPlain(tag))
                return $"A tag must hold no control characters and no halves of surrogate pairs, but was {Quoted.Text(tag)}.";
        }

        return null;
    }

    private static bool IsPlain(string text) => StorageText.IsClean(text) && !text.Any(char.IsControl);
}
