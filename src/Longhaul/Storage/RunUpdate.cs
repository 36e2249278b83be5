namespace Longhaul.Storage;

/// <summary>What a run has to tell since its last flush. All of it is fenced by the run's token, and written or refused as one.</summary>
public sealed record RunUpdate
{
    /// <summary>The run.</summary>
    public required RunKey Key { get; init; }

    /// <summary>The latest progress; null: unchanged.</summary>
    public ProgressRecord? Progress { get; init; }

    /// <summary>The latest checkpoint; null: unchanged.</summary>
    public CheckpointWrite? Checkpoint { get; init; }

    /// <summary>Whether the run has saved a cursor, ended a phase, or lived over <see cref="JobDefaults.HeadwayAfter"/>: the job's lost runs are 0 from here, and a loss counts anew from 1.</summary>
    public bool Headway { get; init; }

    /// <summary>New log lines, oldest first.</summary>
    public IReadOnlyList<LogLine> Logs { get; init; } = [];

    /// <summary>New traces.</summary>
    public IReadOnlyList<TraceRecord> Traces { get; init; } = [];

    /// <summary>New or changed item failures, by loop and cursor.</summary>
    public IReadOnlyList<ItemFailureRecord> ItemFailures { get; init; } = [];

    /// <summary>Item failures that are mended.</summary>
    public IReadOnlyList<ItemKey> MendedItems { get; init; } = [];

    /// <summary>
    /// Jobs enqueued by the run. A <see cref="NewJob.Unique"/> duplicate or a repeated one among them is no error;
    /// one that cannot be written for another reason makes the call throw <see cref="StoreException"/>, with nothing of this update written.
    /// </summary>
    public IReadOnlyList<NewJob> Children { get; init; } = [];

    /// <summary>The result set so far; null: unchanged.</summary>
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>About how many bytes this update holds.</summary>
    public int Size =>
        200 + (Checkpoint?.Body.Length ?? 0) + (Result?.Length ?? 0) + Logs.Sum(static l => 40 + (l.Text.Length * 2)) +
        Traces.Sum(static t => 100 + (t.Subject.Length * 2) + t.ResultInfo.Length) + (ItemFailures.Count * 200) + Children.Sum(static c => 200 + c.Payload.Length);
}

/// <summary>How far a job is.</summary>
public sealed record ProgressRecord
{
    /// <summary>Units done in the current phase.</summary>
    public double? Done { get; init; }

    /// <summary>Units in all, where known.</summary>
    public double? Total { get; init; }

    /// <summary>The current phase.</summary>
    public string? Phase { get; init; }

    /// <summary>A line for people, at most 200 characters.</summary>
    public string? Note { get; init; }

    /// <summary>Share of the whole job, 0 to 1, over its weighted phases; null: unknown.</summary>
    public double? Fraction { get; init; }

    /// <summary>Units a second, lately.</summary>
    public double? Rate { get; init; }

    /// <summary>Estimated time left of the whole job.</summary>
    public TimeSpan? TimeLeft { get; init; }
}

/// <summary>A checkpoint to be saved.</summary>
/// <param name="Body">JSON as UTF-8, at most <see cref="JobLimits.CheckpointBytes"/>.</param>
public sealed record CheckpointWrite(ReadOnlyMemory<byte> Body)
{
    /// <summary>Whether a copy is kept in the job's history (at the end of a phase or run), of which the last 5 stay.</summary>
    public bool Keep { get; init; }

    /// <summary>The phase it was written in, for people.</summary>
    public string? Phase { get; init; }

    /// <summary>
    /// Rises within a run, from 1. A store keeps the highest of the run: a checkpoint that comes after a later one (a flush that was
    /// overtaken by a <see cref="IJobStore.SaveAsync"/>) changes nothing, while the rest of its update is written.
    /// </summary>
    public long Order { get; init; } = 1;
}

/// <summary>How loud a log line is; the numbers of <c>Microsoft.Extensions.Logging.LogLevel</c>.</summary>
/// <param name="At">The worker's clock.</param>
/// <param name="Level">Trace 0 … Critical 5.</param>
/// <param name="Text">At most 8 KiB.</param>
public sealed record LogLine(DateTimeOffset At, int Level, string Text);

/// <summary>A step that a run tried.</summary>
public sealed record TraceRecord
{
    /// <summary>The worker's clock, at the end of the step.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What kind of step, such as <c>preview_extraction</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What it was about: any string, a photo's uuid.</summary>
    public required string Subject { get; init; }

    /// <summary>How it was tried, such as <c>exiftool_preview</c>.</summary>
    public string? Method { get; init; }

    /// <summary>1, 2, 3 among the methods tried.</summary>
    public int Order { get; init; } = 1;

    /// <summary>Whether it worked.</summary>
    public required bool Success { get; init; }

    /// <summary>Why not.</summary>
    public string? Reason { get; init; }

    /// <summary>How long it took.</summary>
    public double Milliseconds { get; init; }

    /// <summary>Small JSON as UTF-8; empty: none.</summary>
    public ReadOnlyMemory<byte> ResultInfo { get; init; }
}

/// <summary>One item of one loop.</summary>
/// <param name="Loop">The phase path of the loop.</param>
/// <param name="Cursor">The item's cursor as JSON.</param>
public sealed record ItemKey(string Loop, string Cursor);

/// <summary>An item that failed while its loop went on.</summary>
public sealed record ItemFailureRecord
{
    /// <summary>The item.</summary>
    public required ItemKey Item { get; init; }

    /// <summary>The cursor before it as JSON, from which the source gives it again; null: it was the first.</summary>
    public string? After { get; init; }

    /// <summary>The error.</summary>
    public required JobError Error { get; init; }

    /// <summary>The worker's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The item in words, for people.</summary>
    public string? Label { get; init; }

    /// <summary>How often it has been tried.</summary>
    public int Tries { get; init; } = 1;
}

/// <summary>Why a run, an item or a job failed.</summary>
/// <param name="Type">The exception's type name, or a reason such as <c>timeout</c> or <c>lost</c>.</param>
/// <param name="Message">Its message.</param>
/// <param name="Detail">The stack and inner exceptions; null where there are none.</param>
public sealed record JobError(string Type, string Message, string? Detail = null);

/// <summary>What the store answers to one fenced write.</summary>
public enum WriteAnswer
{
    /// <summary>Written.</summary>
    Written,

    /// <summary>The run is not the job's current one: nothing was written.</summary>
    LeaseLost,

    /// <summary>
    /// A transaction of a caller's that holds a <see cref="IJobStore.SaveAsync"/> of this run has not ended: nothing was written, and the flush did not
    /// wait for it. To be told again.
    /// </summary>
    Busy,
}
