using Longhaul.Storage;

namespace Longhaul;

public sealed partial class JobContext
{
    private const int TraceTextLength = 1_000;

    /// <summary>Does a step and records it: what, about what, how, whether it worked, why not, how long it took. What it throws is recorded and thrown on.</summary>
    /// <param name="type">What kind of step, such as <c>preview_extraction</c>; 1–1,000 characters.</param>
    /// <param name="subject">What it is about: any string of 1–1,000 characters, such as a photo's uuid. Traces can be found by it over all jobs.</param>
    /// <param name="method">How it is tried, such as <c>exiftool_preview</c>; null: there is one way.</param>
    /// <param name="order">1, 2, 3 among the methods tried.</param>
    /// <param name="step">The step; it may say more by its argument.</param>
    public Task TraceAsync(string type, string subject, string? method, int order, Func<TraceStep, Task> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return TraceAsync<object?>(type, subject, method, order, async trace =>
        {
            await step(trace).ConfigureAwait(false);
            return null;
        });
    }

    /// <inheritdoc cref="TraceAsync(string, string, string?, int, Func{TraceStep, Task})"/>
    /// <returns>What the step returned.</returns>
    public async Task<T> TraceAsync<T>(string type, string subject, string? method, int order, Func<TraceStep, Task<T>> step)
    {
        CheckTrace(type, subject, order);
        ArgumentNullException.ThrowIfNull(step);
        var trace = new TraceStep();
        var start = Run.Host.Time.GetTimestamp();
        try
        {
            var result = await step(trace).ConfigureAwait(false);
            Record(!trace.Failed, trace.Reason);
            return result;
        }
        catch (Exception e)
        {
            Record(false, e is OperationCanceledException && StopReason != StopReason.None ? $"interrupted: {StopReason}" : e.Message);
            throw;
        }

        void Record(bool success, string? reason)
            => AddTrace(type, subject, method, order, success, reason, Run.Host.Time.GetElapsedTime(start), trace.InfoJson);
    }

    /// <summary>Records a step that was done elsewhere.</summary>
    /// <param name="type">What kind of step.</param>
    /// <param name="subject">What it was about.</param>
    /// <param name="method">How it was tried.</param>
    /// <param name="order">1, 2, 3 among the methods tried.</param>
    /// <param name="success">Whether it worked.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="info">Small facts about the result; at most 8 KiB as JSON.</param>
    /// <exception cref="ArgumentException"><paramref name="info"/> is over 8 KiB, or does not become JSON.</exception>
    public void Trace(string type, string subject, string? method, int order, bool success, string? reason = null, TimeSpan duration = default, object? info = null)
    {
        CheckTrace(type, subject, order);
        AddTrace(type, subject, method, order, success, reason, duration, TraceStep.ToJson(info));
    }

    private static void CheckTrace(string type, string subject, int order)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentException.ThrowIfNullOrEmpty(subject);
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(type.Length, TraceTextLength, nameof(type));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subject.Length, TraceTextLength, nameof(subject));
    }

    private void AddTrace(string type, string subject, string? method, int order, bool success, string? reason, TimeSpan duration, ReadOnlyMemory<byte> info)
        => Run.Buffers.Add(new TraceRecord
        {
            At = Run.Host.Time.GetUtcNow(),
            Type = StorageText.Clean(type),
            Subject = StorageText.Clean(subject),
            Method = method is null ? null : StorageText.Clean(method, TraceTextLength),
            Order = order,
            Success = success,
            Reason = reason is null ? null : StorageText.Clean(reason, TraceTextLength),
            Milliseconds = duration.TotalMilliseconds,
            ResultInfo = info,
        });
}
