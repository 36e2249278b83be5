using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Writes what runs tell: progress, checkpoint, log, traces, item failures, result, children.</summary>
internal sealed class UpdateVerb(Transaction tx)
{
    private const JobFlags Cold = JobFlags.State | JobFlags.Rows;

    /// <summary>Each update on its own; an update that is refused is thrown when the others are written.</summary>
    public Answers<WriteAnswer> Run(IReadOnlyList<RunUpdate> updates)
    {
        var answers = new WriteAnswer[updates.Count];
        StoreException? refusal = null;
        for (var i = 0; i < answers.Length; i++)
        {
            try
            {
                answers[i] = Run(updates[i]);
            }
            catch (StoreException exception)
            {
                refusal ??= exception; // thrown before anything of this one was written
            }
        }

        return new(answers, refusal);
    }

    public WriteAnswer Run(RunUpdate update)
    {
        if (tx.Settle.Current(update.Key) is not { } run)
            return WriteAnswer.LeaseLost;
        Apply(run, update);
        return WriteAnswer.Written;
    }

    /// <summary>Writes an update of a run that is current.</summary>
    public void Apply(CurrentRun run, RunUpdate update)
    {
        tx.Enqueue.CheckChildren(update.Children);
        var flags = run.Flags;
        if (NeedsState(update))
            WriteState(run, update);
        if (update.Traces.Count > 0)
            WriteTraces(run, update.Traces);
        if (update.Children.Count > 0)
            _ = tx.Enqueue.Run(update.Children);
        if (flags != run.Flags || update.Headway)
            tx.Db.Get("Update.Run").Set(1, run.Id).Set(2, (long)run.Flags).Set(3, update.Headway).Run();
    }

    private static bool NeedsState(RunUpdate update)
        => update is not { Progress: null, Checkpoint: null, Headway: false, Result: null, Logs.Count: 0, ItemFailures.Count: 0, MendedItems.Count: 0 };

    private void WriteState(CurrentRun run, RunUpdate update)
    {
        var state = tx.States.Need(run.Id, run.Flags);
        run.Flags |= JobFlags.State;
        if (update.Headway)
        {
            state.LostRuns = 0;
            run.Flags &= ~JobFlags.Suspect;
        }

        if (update.ItemFailures.Count > 0 || update.MendedItems.Count > 0)
            state.ItemFailures = WriteItems(run, update);
        if (update.Logs.Count > 0)
            state.LogLines = WriteLog(run, update.Logs, state.LogLines);
        tx.States.Save(state);
        if (update.Progress is { } progress)
            tx.States.SetProgress(run.Id, progress);
        if (update.Checkpoint is { } checkpoint)
            WriteCheckpoint(run, checkpoint);
        if (update.Result is { } result)
        {
            run.Flags |= Cold;
            tx.States.SetBody(run.Id, States.Result, result.Span);
        }
    }

    private void WriteCheckpoint(CurrentRun run, CheckpointWrite checkpoint)
    {
        var body = checkpoint.Body.Span;
        if (body.Length > JobLimits.SmallCheckpointBytes)
            run.Flags |= JobFlags.Rows;
        tx.States.SetCheckpoint(run.Id, body);
        if (!checkpoint.Keep)
            return;

        run.Flags |= JobFlags.Rows;
        tx.Db.Get("Update.Keep").Set(1, run.Id).Set(2, run.RunNumber).Set(3, checkpoint.Phase.Cleaned()).Set(4, tx.Now).Set(5, body.Length).SetUtf8(6, body).Run();
        tx.Db.Get("Update.KeepLast").Set(1, run.Id).Set(2, JobDefaults.CheckpointsKept).Run();
    }

    private int WriteItems(CurrentRun run, RunUpdate update)
    {
        run.Flags |= JobFlags.Rows;
        foreach (var failure in update.ItemFailures)
        {
            var error = failure.Error.Cleaned();
            tx.Db.Get("Update.Item").Set(1, run.Id).Set(2, failure.Item.Loop).Set(3, failure.Item.Cursor).Set(4, failure.After)
                .Set(5, error.Type).Set(6, error.Message).Set(7, error.Detail).Set(8, StoreClock.From(failure.At))
                .Set(9, failure.Label.Cleaned()).Set(10, failure.Tries).Run();
        }

        foreach (var item in update.MendedItems)
            tx.Db.Get("Update.Mended").Set(1, run.Id).Set(2, item.Loop).Set(3, item.Cursor).Run();
        return (int)tx.Db.Get("Update.CountItems").Set(1, run.Id).Scalar()!.Value;
    }

    private int WriteLog(CurrentRun run, IReadOnlyList<LogLine> lines, int before)
    {
        run.Flags |= JobFlags.Rows;
        foreach (var line in lines)
        {
            tx.Db.Get("Update.Log").Set(1, run.Id).Set(2, run.RunNumber).Set(3, run.Lane.Id).Set(4, StoreClock.From(line.At)).Set(5, line.Level)
                .Set(6, line.Text.Cleaned(JobLimits.LogLineLength)).Run();
        }

        var after = before + lines.Count;
        if (after <= JobLimits.LogLinesPerJob)
            return after;
        tx.Db.Get("Update.DropOldLog").Set(1, run.Id).Set(2, after - JobLimits.LogLinesPerJob).Run();
        return JobLimits.LogLinesPerJob;
    }

    private void WriteTraces(CurrentRun run, IReadOnlyList<TraceRecord> traces)
    {
        run.Flags |= JobFlags.Rows;
        foreach (var trace in traces)
        {
            tx.Db.Get("Update.Trace").Set(1, run.Id).Set(2, run.RunNumber).Set(3, StoreClock.From(trace.At)).Set(4, trace.Type.Cleaned())
                .Set(5, trace.Subject.Cleaned()).Set(6, trace.Method.Cleaned()).Set(7, trace.Order).Set(8, trace.Success).Set(9, trace.Reason.Cleaned())
                .Set(10, trace.Milliseconds).SetJson(11, trace.ResultInfo.IsEmpty ? null : trace.ResultInfo.ToArray()).Run();
        }
    }
}
