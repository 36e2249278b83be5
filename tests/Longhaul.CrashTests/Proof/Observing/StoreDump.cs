using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Reads a store out at the end of a history.</summary>
internal static class StoreDump
{
    /// <summary>Records every job and every live session.</summary>
    public static async Task RecordAsync(IJobStore store, Recorder recorder, CancellationToken cancellationToken)
    {
        foreach (var worker in await store.ListWorkersAsync(cancellationToken))
            recorder.Note(new HistoryEvent { Op = Ops.DumpSession, Session = worker.Worker.Session.Value, What = worker.State.ToString(), Value = worker.Running });

        string? next = null;
        do
        {
            var page = await store.ListJobsAsync(new JobFilter { OldestFirst = true }, new PageRequest(1_000, next), cancellationToken);
            foreach (var listed in page.Items)
            {
                if (await store.GetJobAsync(listed.Id, cancellationToken) is { } job)
                    recorder.Note(Event(job));
            }

            next = page.Next;
        }
        while (next is not null);
    }

    private static HistoryEvent Event(JobRecord job) => new()
    {
        Op = Ops.Dump,
        Job = job.Id.Value,
        Order = Payloads.OrderOf(job.Payload.Span),
        What = job.Name,
        State = job.State,
        Run = job.RunNumber,
        Attempts = job.FailedAttempts,
        LostRuns = job.LostRuns,
        Progress = job.Progress?.Done,
        Session = job.Session?.Value,
        Err = job.Error?.Type,
    };
}
