using Longhaul.AspNetCore.Json;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api.Views;

/// <summary>A page of a list.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Next">The cursor of the next page; null: this was the last.</param>
/// <param name="SearchedTo">Where looking stopped, when a filter made the page short.</param>
internal sealed record PageView<T>(IReadOnlyList<T> Items, string? Next, long? SearchedTo = null);

/// <summary>A list that is never long.</summary>
internal sealed record ListView<T>(IReadOnlyList<T> Items);

/// <summary>A log line.</summary>
internal sealed record LogView(long Sequence, long Job, int Run, string Name, DateTimeOffset At, int Level, string Text)
{
    public static LogView Of(LogRecord log) => new(log.Sequence, log.Job.Value, log.RunNumber, log.Name, log.Line.At, log.Line.Level, log.Line.Text);
}

/// <summary>A step that a run tried.</summary>
internal sealed record TraceView(
    long Sequence, long Job, int Run, DateTimeOffset At, string Type, string Subject, string? Method, int Order, bool Success, string? Reason,
    double Milliseconds, RawJson? ResultInfo)
{
    public static TraceView Of(TraceRow row) => new(
        row.Sequence, row.Job.Value, row.RunNumber, row.Trace.At, row.Trace.Type, row.Trace.Subject, row.Trace.Method, row.Trace.Order, row.Trace.Success,
        row.Trace.Reason, row.Trace.Milliseconds, RawJson.Of(row.Trace.ResultInfo));
}

/// <summary>What happened to a job.</summary>
internal sealed record HistoryView(
    DateTimeOffset At, HistoryKind Kind, int? Run, string? Worker, double? DurationSeconds, ErrorView? Error, string? By, string? Reason)
{
    public static HistoryView Of(HistoryRecord record) => new(
        record.At, record.Kind, record.RunNumber, record.Worker, record.Duration?.TotalSeconds, ErrorView.Of(record.Error), record.By, record.Reason);
}

/// <summary>An item that failed while its loop went on.</summary>
internal sealed record ItemFailureView(string Loop, RawJson? Cursor, string? Label, ErrorView? Error, DateTimeOffset At, int Tries)
{
    public static ItemFailureView Of(ItemFailureRecord item) => new(
        item.Item.Loop, RawJson.Of(System.Text.Encoding.UTF8.GetBytes(item.Item.Cursor)), item.Label, ErrorView.Of(item.Error), item.At, item.Tries);
}

/// <summary>The checkpoints of a job.</summary>
internal sealed record CheckpointsView(CheckpointView? Current, IReadOnlyList<KeptCheckpointView> Items);

/// <summary>A kept checkpoint.</summary>
internal sealed record KeptCheckpointView(long Id, int Run, string? Phase, DateTimeOffset At, int Bytes)
{
    public static KeptCheckpointView Of(CheckpointInfo info) => new(info.Id, info.RunNumber, info.Phase, info.At, info.Bytes);
}

/// <summary>A failed job's error, with all that failed alike.</summary>
internal sealed record FailedGroupView(
    string Group, string Type, string Message, string Name, long Count, DateTimeOffset? First, DateTimeOffset? Last, IReadOnlyList<long> Jobs);

/// <summary>Failed jobs by what went wrong.</summary>
internal sealed record FailedGroupsView(IReadOnlyList<FailedGroupView> Groups, long Searched, bool Complete);

/// <summary>Who did what.</summary>
internal sealed record AuditView(DateTimeOffset At, string? By, string Action, string? Target, string? Reason, string Outcome, string? From);
