using System.Buffers;
using System.Text;

namespace Longhaul.Storage;

/// <summary>What stores do to text that people or exceptions wrote, so that all keep the same.</summary>
public static class StorageText
{
    private static readonly SearchValues<char> Suspicious = SearchValues.Create(
        [.. Enumerable.Range(0xD800, 0x800).Select(static c => (char)c).Prepend('\0')]);

    /// <summary>The text with NUL and lone surrogates replaced by U+FFFD, cut to <paramref name="maxLength"/> characters (never inside a pair).</summary>
    public static string Clean(string text, int maxLength = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > maxLength)
            text = text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];
        if (text.AsSpan().IndexOfAny(Suspicious) < 0)
            return text;

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) // lone surrogates come out as U+FFFD
            clean.Append((rune.Value == 0 ? Rune.ReplacementChar : rune).ToString());
        return clean.ToString();
    }

    /// <summary>Whether the text holds neither NUL nor a lone surrogate, as keys must.</summary>
    public static bool IsClean(string text) => Clean(text) == text; // a pair of surrogates is rebuilt as it was

    /// <summary>Refuses what is no note: see <see cref="IJobManager.KeepNoteAsync"/>.</summary>
    /// <exception cref="ArgumentException">The key or the note is too long, or the key is empty or not clean.</exception>
    public static void CheckNote(string key, int bytes)
    {
        CheckNoteKey(key);
        if (bytes > JobLimits.NoteBytes)
            throw new ArgumentException($"A note must have at most {JobLimits.NoteBytes:N0} bytes, but has {bytes:N0}. Keep a hash of what is longer.", nameof(bytes));
    }

    /// <summary>Refuses what is no key of a note.</summary>
    /// <exception cref="ArgumentException">The key is empty, too long or not clean.</exception>
    public static void CheckNoteKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Length > JobLimits.NoteKeyLength || !IsClean(key))
            throw new ArgumentException($"A note's key must have at most {JobLimits.NoteKeyLength} characters without NUL, but has {key.Length}. Use a hash of what is longer.", nameof(key));
    }

    /// <summary>Who asked and why, in one line: <c>wrong folder (by ann)</c>; null when neither is known.</summary>
    public static string? Reason(string? by, string? reason) => (by, reason) switch
    {
        (null, null) => null,
        (null, _) => Clean(reason),
        (_, null) => $"by {Clean(by)}",
        _ => $"{Clean(reason)} (by {Clean(by)})",
    };

    /// <summary>What was asked of a job and why, for its history: <c>retry: the disk is back</c>.</summary>
    public static string Asked(JobAction action, string? reason)
    {
        var asked = action switch
        {
            JobAction.Cancel => "cancel",
            JobAction.Retry => "retry",
            JobAction.RetryItems => "retry items",
            JobAction.Restart => "restart",
            JobAction.Release => "release",
            JobAction.ReleaseAndResetAttempts => "release, attempts 0",
            JobAction.Pause => "pause",
            JobAction.Resume => "resume",
            JobAction.Delete => "delete",
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Not an action on a job."),
        };
        return reason is null ? asked : $"{asked}: {Clean(reason)}";
    }

    /// <summary>Whether the text matches a pattern in which <c>*</c> stands for any run of characters. Case counts.</summary>
    public static bool Matches(string text, string pattern)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.Split('*') is not [var head, .. var middle, var tail])
            return text == pattern;
        if (!text.StartsWith(head, StringComparison.Ordinal))
            return false;

        var at = head.Length;
        foreach (var part in middle)
        {
            var found = text.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }

        return text.Length - at >= tail.Length && text.EndsWith(tail, StringComparison.Ordinal);
    }
}
