using System.Globalization;

namespace StorageMigration.Migration;

/// <summary>How far a migration is, for people.</summary>
/// <param name="MigrationId">The migration.</param>
/// <param name="Command">What it runs.</param>
/// <param name="Status">The seed's word: <c>pending</c>, <c>running</c>, <c>completed</c> or <c>failed</c>.</param>
internal sealed record MigrationStanding(string MigrationId, string Command, string Status)
{
    public string? Phase { get; init; }

    public double Done { get; init; }

    public double? Total { get; init; }

    /// <summary>0 to 1.</summary>
    public double Fraction { get; init; }

    public double? Rate { get; init; }

    public TimeSpan? TimeLeft { get; init; }

    /// <summary>Why it waits, or why it failed.</summary>
    public string? Note { get; init; }

    public bool HasEnded => Status is "completed" or "failed";

    public string Counts => Total is { } total ? string.Create(CultureInfo.InvariantCulture, $"{Done:#,0} / {total:#,0}") : string.Create(CultureInfo.InvariantCulture, $"{Done:#,0}");

    public string Pace => string.Create(CultureInfo.InvariantCulture, $"{(Rate is { } rate ? $"{rate:0.#}/s" : "")}{(TimeLeft is { } left ? $@", {left:d\.hh\:mm\:ss} left" : "")}");

    /// <summary>One line for logs and pipes.</summary>
    public string ToLine()
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"{MigrationId} {Command} {Status} {Fraction * 100:0.0}%");
        var phase = Phase is null ? "" : $" {Phase} {Counts}";
        return $"{head}{phase}{(Pace.Length > 0 ? $" {Pace}" : "")}{(Note is null ? "" : $": {Note}")}";
    }
}
