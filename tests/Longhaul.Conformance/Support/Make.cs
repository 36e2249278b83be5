using System.Text;
using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Ordinary records for tests; a test says only what matters to it, by <c>with</c>.</summary>
public static class Make
{
    /// <summary>The job name where none matters.</summary>
    public const string Name = "test.job";

    /// <summary>The lease where none matters.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>A random number, not 0.</summary>
    public static long Token() => Random.Shared.NextInt64(1, long.MaxValue);

    /// <summary>A job of <see cref="Name"/> in the default queue, due at once.</summary>
    public static NewJob Job(JobId id) => new()
    {
        Id = id,
        Nonce = Token(),
        Name = Name,
        Queue = JobDefaults.Queue,
        Payload = Json("""{"n":1}"""),
    };

    /// <summary>The end of a run: errors carry an error, all else nothing.</summary>
    public static Settlement Settlement(ClaimedRun run, Outcome outcome) => new()
    {
        Key = run.Key,
        Outcome = outcome,
        Error = outcome is Outcome.Retry or Outcome.Failed ? new JobError("TestException", "it went wrong", "at Test.Run()") : null,
    };

    /// <summary>JSON as a store takes it.</summary>
    public static ReadOnlyMemory<byte> Json(string json) => Encoding.UTF8.GetBytes(json);

    /// <summary>JSON as a store gives it, for comparing.</summary>
    public static string? Text(ReadOnlyMemory<byte>? json) => json is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    /// <summary>A checkpoint that is no more than a text.</summary>
    public static CheckpointWrite Checkpoint(string json, bool keep = false, string? phase = null) => new(Json(json)) { Keep = keep, Phase = phase };

    /// <summary>A log line.</summary>
    public static LogLine Line(string text, int level = 2) => new(ManualClock.Start, level, text);

    /// <summary>An item failure.</summary>
    public static ItemFailureRecord ItemFailure(string cursor, string message = "bad item", int tries = 1) => new()
    {
        Item = new ItemKey("copy", cursor),
        Error = new JobError("TestException", message),
        At = ManualClock.Start,
        Tries = tries,
    };
}
