using System.Security.Cryptography;

namespace Longhaul.Storage;

/// <summary>Checks an audit, line by line in the order of their numbers: each line holds the hash of all lines before it, and the head that of all.</summary>
/// <remarks>
/// So a line that was changed, added or taken out is found, the oldest and the newest too. Whoever may write all of the database may write all of
/// the chain anew; who keeps the head elsewhere finds even that.
/// </remarks>
/// <param name="first">The oldest line that must be there: older ones were pruned, or written before there was a chain.</param>
/// <param name="last">The newest line; <paramref name="first"/> − 1: none.</param>
/// <param name="head">The hash over the newest line.</param>
public sealed class AuditChain(long first, long last, ReadOnlyMemory<byte> head)
{
    /// <summary>Who changed all lines would be told all of them; some are enough to see that.</summary>
    private const int MostProblems = 5;

    private const string Advice = "Compare the audit with a backup, and find out who could write to the store's tables.";

    private readonly List<string> _problems = [];
    private long _line = first - 1;
    private (long Line, byte[] Hash)? _chained;

    /// <summary>What there is to say when the store has no head.</summary>
    public static string NoHead
        => "lh_audit_head must hold the one row that the audit goes on from, but holds none. Restore it from a backup; or begin a new chain: "
            + "INSERT INTO lh_audit_head (first, last) SELECT coalesce(max(seq), 0) + 1, coalesce(max(seq), 0) FROM lh_audit.";

    /// <summary>The hash of a line: SHA-256 over the hash before it and the line's text, which is UTF-8.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        hash.AppendData(text);
        return hash.GetHashAndReset();
    }

    /// <summary>Takes the next line.</summary>
    /// <param name="line">Its number.</param>
    /// <param name="before">The hash that it holds; null: it was not written into the chain.</param>
    /// <param name="hash">Its own hash, as it is now.</param>
    public void Add(long line, byte[]? before, byte[] hash)
    {
        // A hash over what is gone is nothing to compare with.
        if (TellGap(line - 1))
            _chained = null;
        _line = line;
        if (before is null || line > last)
        {
            Tell($"Line {line} of the audit must follow from the line before it, but was written by a program of an older release, or by hand.");
            return;
        }

        if (_chained is { } previous && !before.AsSpan().SequenceEqual(previous.Hash))
            TellChange(previous.Line, line - 1, $"line {line}");
        _chained = (line, hash);
    }

    /// <summary>What is wrong, at most five broken places; call after the last line. Empty: nothing.</summary>
    public IReadOnlyList<string> Finish()
    {
        if (first > last + 1)
            Tell($"The audit must begin with line {last + 1} at the latest, for {last} was the last that was written, but lh_audit_head says that it begins with line {first}.");
        if (!TellGap(last) && _chained is { } newest && !head.Span.SequenceEqual(newest.Hash))
            TellChange(newest.Line, last, "lh_audit_head");
        return _problems;
    }

    private bool TellGap(long to)
    {
        if (to <= _line)
            return false;
        var gone = to == _line + 1 ? $"Line {to} of the audit must be there, but is gone" : $"Lines {_line + 1} to {to} of the audit must be there, but are gone";
        Tell(to == last ? $"{gone}: line {last} was the last that was written." : $"{gone}.");
        return true;
    }

    private void TellChange(long from, long to, string witness)
        => Tell($"{(from == to ? $"Line {from}" : $"Each of lines {from} to {to}")} of the audit must be as it was written, but {witness} holds another hash of what was.");

    private void Tell(string problem)
    {
        if (_problems.Count < MostProblems)
            _problems.Add($"{problem} {Advice}");
    }
}
