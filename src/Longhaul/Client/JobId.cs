using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Longhaul;

/// <summary>
/// The id of a job: a positive number below 2^53, short enough to type and exact in JavaScript.
/// It is given out by the store before the job is written, and never used twice.
/// </summary>
/// <param name="Value">The number.</param>
public readonly record struct JobId(long Value) : IComparable<JobId>, ISpanParsable<JobId>
{
    /// <summary>The largest id: 2^53 - 1.</summary>
    public const long MaxValue = (1L << 53) - 1;

    /// <inheritdoc/>
    public int CompareTo(JobId other) => Value.CompareTo(other.Value);

    /// <summary>The number in plain digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public static JobId Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static JobId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null)
        => TryParse(s, provider, out var id)
            ? id
            : throw new FormatException($"A job id is a whole number from 1 to {MaxValue}, but was '{s}'.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out JobId result)
        => TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out JobId result)
    {
        var valid = long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= MaxValue;
        result = valid ? new JobId(value) : default;
        return valid;
    }

    /// <summary>Whether <paramref name="left"/> was given out before <paramref name="right"/> by the same block of ids.</summary>
    public static bool operator <(JobId left, JobId right) => left.Value < right.Value;

    /// <summary>The opposite of <c>&lt;</c>.</summary>
    public static bool operator >(JobId left, JobId right) => left.Value > right.Value;

    /// <summary>Less or equal.</summary>
    public static bool operator <=(JobId left, JobId right) => left.Value <= right.Value;

    /// <summary>Greater or equal.</summary>
    public static bool operator >=(JobId left, JobId right) => left.Value >= right.Value;
}
