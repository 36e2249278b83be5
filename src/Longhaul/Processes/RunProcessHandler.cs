using System.Globalization;
using Longhaul.Jobs;
using Microsoft.Extensions.Logging;

namespace Longhaul.Processes;

/// <summary>Runs a program as a job: starts it, listens to it, ends it with the run.</summary>
internal sealed class RunProcessHandler(ProcessCatalog catalog, ProcessGuard guard, TimeProvider time)
{
    private const int LastLines = 5;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>What a job keeps from run to run.</summary>
    private sealed record Kept(string? Cursor, double Seconds);

    public async Task HandleAsync(RunProcess job, JobContext context, CancellationToken cancellationToken)
    {
        var kept = context.Checkpoint.Get<Kept>() ?? new Kept(null, 0);
        var command = catalog.Resolve(job, kept.Cursor);
        var entry = command.Entry;
        var left = entry.TimeLimit - TimeSpan.FromSeconds(kept.Seconds);
        if (left <= TimeSpan.Zero)
            throw new FailNowException(OverTime(entry));

        var mark = ProgramRun.MarkOf(context.Id, context.Queue, context.CreatedAt);
        await ProgramRun.EndLeftAsync(mark, time).ConfigureAwait(false);
        var began = time.GetTimestamp();
        using var limit = new CancellationTokenSource(left ?? Timeout.InfiniteTimeSpan, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var program = ProgramRun.Start(command, mark, guard, time);
        var listener = new Listener(context, entry, stop.Token);
        var reading = program.ReadAsync(listener.Take, listener.BreatheAsync);
        try
        {
            await WatchAsync(program, listener, reading, () => Keep(context, listener, kept, began), job.Live, stop.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nobody else may run the job while a part of its program lives: whoever takes over a lost run kills at once.
            var orderly = e is OperationCanceledException && context.StopReason != StopReason.LeaseLost;
            await program.EndAsync(orderly ? entry.Grace : TimeSpan.Zero).ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what it said while it ended: a last cursor, perhaps
            Keep(context, listener, kept, began);
            if (e is not OperationCanceledException)
                throw;
            cancellationToken.ThrowIfCancellationRequested();
            throw new FailNowException(OverTime(entry));
        }

        Keep(context, listener, kept, began);
        context.SetResult(new ProcessResult(program.ExitCode, Math.Round(time.GetElapsedTime(began).TotalSeconds, 3), Math.Round(program.CpuSeconds, 2), program.PeakMemory));
        Judge(program.ExitCode, entry, listener);
    }

    // A program that has ended may have left others that hold its output: the job is over when it is, and they are ended with it.
    private async Task WatchAsync(ProgramRun program, Listener listener, Task reading, Action keep, bool live, CancellationToken stop)
    {
        var ended = program.WaitAsync(stop);
        var lastLook = time.GetTimestamp() - time.TimestampFrequency;
        while (!ended.IsCompleted)
        {
            if (time.GetElapsedTime(lastLook) >= LookInterval)
            {
                lastLook = time.GetTimestamp();
                program.Look();
                listener.Show(program);
                keep();
            }

            if (live)
                await listener.WriteAsync().ConfigureAwait(false);
            if (reading.IsFaulted)
                break;
            await Task.WhenAny(ended, Task.Delay(live ? LiveInterval : LookInterval, time, stop)).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }

        if (reading.IsFaulted)
            await reading.ConfigureAwait(false);
        await ended.ConfigureAwait(false);
        await program.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        listener.Show(program);
    }

    private void Keep(JobContext context, Listener listener, Kept before, long began)
        => context.Checkpoint.Set(new Kept(listener.Cursor ?? before.Cursor, before.Seconds + time.GetElapsedTime(began).TotalSeconds));

    private static void Judge(int exitCode, ProcessEntry entry, Listener listener)
    {
        if (exitCode == 0)
            return;
        var said = listener.LastWords is { Length: > 0 } words ? $" It said last: {words}" : " It said nothing.";
        var message = string.Create(CultureInfo.InvariantCulture, $"The program must end with exit code 0, but ended with {exitCode}.{said}");
        if (entry.RetryExitCodes.Contains(exitCode))
            throw new ProcessFailedException(exitCode, message);
        throw new FailNowException(message, new ProcessFailedException(exitCode, message));
    }

    private static string OverTime(ProcessEntry entry) => $"The program must end within its time limit of {entry.TimeLimit}, but did not; it was ended. Raise TimeLimit of its entry.";

    /// <summary>Takes what the program says.</summary>
    private sealed class Listener(JobContext context, ProcessEntry entry, CancellationToken stop)
    {
        // A run's buffer keeps the last 10,000 lines between two writes: with these and a piece of each output it never comes so far, and no line is lost.
        private const int MostLines = 1_000;
        private const int MostText = 1 << 20;

        private readonly Lock _gate = new();
        private readonly OutputProgress _progress = new(entry.Phases.AsReadOnly());
        private readonly Queue<string> _last = new();
        private bool _told;
        private int _lines;
        private int _text;

        public string? Cursor
        {
            get
            {
                lock (_gate)
                    return _progress.Cursor;
            }
        }

        public string LastWords
        {
            get
            {
                lock (_gate)
                    return string.Join(" | ", _last);
            }
        }

        public void Take(string line, bool isError)
        {
            if (isError)
                JobLog.Store(context.Run, LogLevel.Warning, line);
            else
                JobLog.Store(context.Run, LogLevel.Information, line);
            lock (_gate)
            {
                (_lines, _text) = (_lines + 1, _text + line.Length);
                if (line.Length > 0)
                    _last.Enqueue(line.Length > 500 ? line[..500] : line);
                if (_last.Count > LastLines)
                    _last.Dequeue();
                _told |= _progress.Take(line);
            }
        }

        /// <summary>Writes the log when there is much of it. The program waits for the store, then, once its pipe is full; when it is to end it is listened to all the same.</summary>
        public ValueTask BreatheAsync()
        {
            lock (_gate)
            {
                if (stop.IsCancellationRequested || (_lines < MostLines && _text < MostText))
                    return ValueTask.CompletedTask;
            }

            return new ValueTask(WriteAsync());
        }

        /// <summary>Writes the log.</summary>
        public async Task WriteAsync()
        {
            lock (_gate)
            {
                if (_lines == 0)
                    return;
                (_lines, _text) = (0, 0);
            }

            try
            {
                await context.Run.Host.FlushAsync(context.Run, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // It will be written with the run's end.
            }
        }

        /// <summary>Shows how far the program is, and what it uses.</summary>
        public void Show(ProgramRun program)
        {
            lock (_gate)
            {
                var uses = string.Create(CultureInfo.InvariantCulture, $"{program.Memory / (1024.0 * 1024):0} MB, {program.CpuSeconds:0.0} s of CPU");
                var note = string.Join(" · ", new[] { _progress.Phase, _progress.Note, uses }.OfType<string>());
                if (!_told)
                    context.Progress.Note(note);
                else if (_progress is { Done: { } done, Total: { } total } && entry.Phases.Count == 0)
                    context.Progress.Report(done, total, note);
                else
                    context.Progress.Report((_progress.Fraction ?? 0) * 100, 100, note);
            }
        }
    }
}
