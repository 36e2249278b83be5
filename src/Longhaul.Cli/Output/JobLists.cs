using System.Text.Json;
using System.Text.Json.Nodes;
using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>What <c>show</c> tells beside the job itself. Null: not asked for.</summary>
internal sealed record JobLists(
    IReadOnlyList<HistoryRecord>? History, IReadOnlyList<CheckpointInfo>? Checkpoints,
    IReadOnlyList<ItemFailureRecord>? Items, IReadOnlyList<TraceRow>? Traces)
{
    public JsonObject ToJson(JobRecord job)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(JobView.Of(job), CliJson.Options)!;
        Add("history", History);
        Add("checkpoints", Checkpoints);
        Add("items", Items?.Select(static item => new { item.Item.Loop, item.Item.Cursor, item.Label, item.Error, item.At, item.Tries }));
        Add("traces", Traces?.Select(static row => new
        {
            row.RunNumber,
            row.Trace.At,
            row.Trace.Type,
            row.Trace.Subject,
            row.Trace.Method,
            row.Trace.Order,
            row.Trace.Success,
            row.Trace.Reason,
            row.Trace.Milliseconds,
            ResultInfo = row.Trace.ResultInfo.IsEmpty ? (JsonElement?)null : JsonSerializer.Deserialize<JsonElement>(row.Trace.ResultInfo.Span),
        }));
        return json;

        void Add<T>(string name, T? list)
        {
            if (list is not null)
                json[name] = JsonSerializer.SerializeToNode(list, CliJson.Options);
        }
    }

    public void Write(CliContext cli)
    {
        List(cli, "history", History, ["When", "What", new("Run", Right: true), "Took", "Worker", new("Why", Wrap: true)], HistoryRow);
        List(cli, "checkpoint", Checkpoints, [new("ID", Right: true), "Saved", new("Run", Right: true), "Phase", new("Size", Right: true)], CheckpointRow);
        List(cli, "item", Items, ["Loop", "Item", new("Tries", Right: true), "When", new("Error", Wrap: true)], ItemRow);
        List(cli, "trace", Traces, ["When", "Type", "Subject", "Method", new("Order", Right: true), "Outcome", new("Took", Right: true), new("Reason", Wrap: true)], TraceRow);
    }

    private static void List<T>(CliContext cli, string name, IReadOnlyList<T>? rows, IReadOnlyList<Column> columns, Func<T, TimeProvider, Cell[]> row)
    {
        if (rows is null)
            return;
        if (cli.Print.Rich)
            cli.Print.Table(columns, [.. rows.Select(one => row(one, cli.Time))], $"No {name} kept.");
        else
            foreach (var one in rows)
                cli.Print.Fields([name, .. row(one, cli.Time)]);
    }

    private static Cell[] HistoryRow(HistoryRecord record, TimeProvider time) =>
    [
        Moment(record.At, time), CamelCase(record.Kind.ToString()), record.RunNumber is { } run ? run : default(Cell),
        record.Duration is { } took ? new(When.Span(took), Amount.Plain(took.TotalSeconds)) : default, record.Worker,
        string.Join(" ", new[] { record.Error is { } error ? $"{error.Type}: {error.Message}" : null, record.Reason, record.By is { } by ? $"by {by}" : null }
            .Where(static part => part is not null)),
    ];

    private static Cell[] CheckpointRow(CheckpointInfo checkpoint, TimeProvider time) =>
        [new(Amount.Plain(checkpoint.Id)), Moment(checkpoint.At, time), checkpoint.RunNumber, checkpoint.Phase, new(Amount.Bytes(checkpoint.Bytes), Amount.Plain(checkpoint.Bytes))];

    private static Cell[] ItemRow(ItemFailureRecord item, TimeProvider time) =>
        [item.Item.Loop, item.Label ?? item.Item.Cursor, item.Tries, Moment(item.At, time), new($"{item.Error.Type}: {item.Error.Message}", Colour: "red")];

    private static Cell[] TraceRow(TraceRow row, TimeProvider time) =>
    [
        Moment(row.Trace.At, time), row.Trace.Type, row.Trace.Subject, row.Trace.Method, row.Trace.Order,
        row.Trace.Success ? new("ok", Colour: "green") : new("failed", Colour: "red"),
        new($"{row.Trace.Milliseconds:0} ms", Amount.Plain(row.Trace.Milliseconds)), row.Trace.Reason,
    ];

    private static Cell Moment(DateTimeOffset at, TimeProvider time) => new(When.Local(at, time), When.Plain(at));

    private static string CamelCase(string word) => JsonNamingPolicy.CamelCase.ConvertName(word);
}
