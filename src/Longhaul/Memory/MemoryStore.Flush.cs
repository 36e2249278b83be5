using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private readonly SequenceLog<LogRecord> _lines = new();
    private readonly SequenceLog<TraceRow> _traces = new();
    private long _nextCheckpoint = 1;
    private long _nextItem = 1;

    /// <inheritdoc/>
    public Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(updates);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<IReadOnlyList<WriteAnswer>>(cancellationToken);

        var answers = new WriteAnswer[updates.Count];
        lock (_gate)
        {
            var now = Now();
            foreach (var update in updates)
            {
                if (update.Children.Count > 0 && RunOf(update.Key) is not null)
                    CheckChildren(update.Children, now); // before anything is written: a call is written whole or not at all
            }

            for (var i = 0; i < answers.Length; i++)
            {
                if (RunOf(updates[i].Key) is not { } job)
                {
                    answers[i] = WriteAnswer.LeaseLost;
                    continue;
                }

                Apply(updates[i], job, now);
                answers[i] = WriteAnswer.Written;
            }
        }

        return Task.FromResult<IReadOnlyList<WriteAnswer>>(answers);
    }

    /// <summary>The job of a current run; null when that run is not, or no longer, current.</summary>
    private StoredJob? RunOf(RunKey key) => key.Token != 0 && _jobs.Find(key.Job.Value) is { } job && job.Token == key.Token ? job : null;

    private void Apply(RunUpdate update, StoredJob job, long now)
    {
        WriteChildren(update.Children, now);
        if (update.Headway)
            job.LostRuns = 0;
        if (update.Progress is { } progress)
        {
            job.Details.Progress = progress with
            {
                Phase = Clean(progress.Phase),
                Note = progress.Note is null ? null : StorageText.Clean(progress.Note, JobLimits.NoteLength),
            };
            job.Details.ProgressAt = now;
            job.UpdatedAt = now;
        }

        if (update.Checkpoint is { } checkpoint)
            Save(checkpoint, job, now);
        if (update.Result is { } result)
            job.Details.Result = result.ToArray();
        foreach (var line in update.Logs)
            AddLine(line, job);
        foreach (var trace in update.Traces)
            AddTrace(trace, job);
        foreach (var failure in update.ItemFailures)
            AddItemFailure(failure, job);
        foreach (var item in update.MendedItems)
            job.More?.Items?.Remove(item);
    }

    private void WriteChildren(IReadOnlyList<NewJob> children, long now)
    {
        CheckChildren(children, now);
        foreach (var child in children)
            Write(child, now);
    }

    private void CheckChildren(IReadOnlyList<NewJob> children, long now)
    {
        foreach (var child in children)
        {
            if (Judge(child, now).Status is var status and not (EnqueueStatus.Created or EnqueueStatus.Repeated or EnqueueStatus.Duplicate))
                throw new StoreException($"A job that a run enqueued must be new, but {child.Id} ('{child.Name}') was answered {status}. Take new ids and flush again.");
        }
    }

    private void Save(CheckpointWrite checkpoint, StoredJob job, long now)
    {
        var body = checkpoint.Body.ToArray();
        var details = job.Details;
        details.Checkpoint = body;
        details.CheckpointAt = now;
        job.UpdatedAt = now;
        if (!checkpoint.Keep)
            return;
        var kept = details.Kept ??= [];
        kept.Add(new KeptCheckpoint(new CheckpointInfo(_nextCheckpoint++, job.RunNumber, Clean(checkpoint.Phase), At(now), body.Length), body));
        if (kept.Count > JobDefaults.CheckpointsKept)
            kept.RemoveAt(0);
    }

    private void AddLine(LogLine line, StoredJob job)
    {
        var clean = line with { Text = StorageText.Clean(line.Text, JobLimits.LogLineLength) };
        var lines = job.Details.Lines ??= new Queue<Told<LogRecord>>();
        lines.Enqueue(_lines.Add(sequence => new LogRecord(sequence, new JobId(job.Id), job.RunNumber, job.Name.Text, clean), job));
        if (lines.Count > JobLimits.LogLinesPerJob)
            _lines.Forget(lines.Dequeue());
    }

    private void AddTrace(TraceRecord trace, StoredJob job)
    {
        var clean = trace with
        {
            Type = StorageText.Clean(trace.Type),
            Subject = StorageText.Clean(trace.Subject),
            Method = Clean(trace.Method),
            Reason = Clean(trace.Reason),
            ResultInfo = trace.ResultInfo.ToArray(),
        };
        (job.Details.Traces ??= []).Add(_traces.Add(sequence => new TraceRow(sequence, new JobId(job.Id), job.RunNumber, clean), job));
    }

    private void AddItemFailure(ItemFailureRecord failure, StoredJob job)
    {
        var clean = failure with { Error = Clean(failure.Error)!, Label = Clean(failure.Label) };
        var items = job.Details.Items ??= [];
        items[failure.Item] = (items.TryGetValue(failure.Item, out var there) ? there.Sequence : _nextItem++, clean);
    }
}
