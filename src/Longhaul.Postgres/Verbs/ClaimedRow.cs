using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>A row of <c>lh_claim</c> or <c>lh_claimed</c> as the worker gets it.</summary>
internal static class ClaimedRow
{
    private const int State = 1;
    private const int Hook = 4;
    private const int Items = 8;
    private const int Detail = 128;

    public static ClaimedRun Read(NpgsqlDataReader row, LaneSet lanes)
    {
        var flags = row.GetInt32(3);
        var lane = lanes[row.GetInt32(4)] ?? throw new InvalidDataException($"A claim must be of lanes that are known, but was of {row.GetInt32(4)}.");
        var isHook = (flags & Hook) != 0;
        var run = new ClaimedRun
        {
            Key = new(new(row.GetInt64(1)), row.GetInt64(2)),
            Kind = isHook ? RunKind.FailedHook : (flags & Items) != 0 ? RunKind.FailedItems : RunKind.Job,
            Name = lane.Name,
            Queue = lane.Queue,
            Priority = (byte)row.GetInt16(5),
            Prefetched = !row.GetBoolean(6),
            RunNumber = row.GetInt32(7),
            DueAt = Moments.Moment(row.GetInt64(8)),
            ClaimedAt = Moments.Moment(row.GetInt64(9)),
            FenceToken = row.GetInt64(10),
            CreatedAt = Moments.Moment(row.GetInt64(11)),
            PayloadVersion = row.GetInt32(12),
            Payload = row.GetFieldValue<byte[]>(13),
        };
        if ((flags & Detail) != 0)
            run = run with { Policy = JobPolicy.FromJson(BytesOrNull(row, 14)), Owner = row.TextOrNull(15), TraceParent = row.TextOrNull(16) };
        return (flags & State) == 0 ? run : WithState(run, row, isHook);
    }

    private static ClaimedRun WithState(ClaimedRun run, NpgsqlDataReader row, bool isHook)
    {
        run = run with
        {
            FailedAttempts = row.GetInt32(isHook ? 19 : 17),
            LostRuns = row.GetInt32(18),
            ItemFailures = row.GetInt32(20),
            Error = isHook && !row.IsDBNull(21) ? new(row.GetString(21), row.GetString(22), row.TextOrNull(23)) : null,
            Progress = Json.Progress(BytesOrNull(row, 24)),
        };
        return BytesOrNull(row, 25) is { } checkpoint ? run with { Checkpoint = checkpoint } : run;
    }

    private static byte[]? BytesOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
