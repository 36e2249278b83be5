using Longhaul.Jobs;

namespace Longhaul;

/// <summary>How far a job or phase is. Reporting only sets memory: the worker writes the latest every 2 s, and at the end of the run.</summary>
public sealed class JobProgress
{
    private readonly ProgressBoard _board;
    private readonly ProgressNode? _node;

    internal JobProgress(ProgressBoard board, ProgressNode? node) => (_board, _node) = (board, node);

    private ProgressNode Node => _node ?? _board.Current;

    /// <summary>
    /// Says how far this phase is; on the job itself: how far the phase is that was entered last, or the job where it has no phases.
    /// Where a loop runs this replaces its own count of items, so that other units can be shown.
    /// </summary>
    /// <param name="done">Units done so far; finite and not negative. Less than before is allowed; the share of the whole job never goes back within a run.</param>
    /// <param name="total">Units in all, over which <paramref name="done"/> may go; null: as said before, or unknown.</param>
    /// <param name="note">A line for people; what is longer than 200 characters is cut. Null: as said before.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, infinite or not a number.</exception>
    public void Report(double done, double? total = null, string? note = null)
    {
        Check(done, nameof(done));
        if (total is { } value)
            Check(value, nameof(total));
        _board.Report(Node, done, total, note);
    }

    /// <summary>Sets the line for people alone.</summary>
    /// <param name="note">What is longer than 200 characters is cut; null: none.</param>
    public void Note(string? note) => _board.Note(Node, note);

    private static void Check(double value, string name)
    {
        if (!double.IsFinite(value) || value < 0)
            throw new ArgumentOutOfRangeException(name, value, $"Progress must be a finite number of at least 0, but {name} was {value}.");
    }
}
