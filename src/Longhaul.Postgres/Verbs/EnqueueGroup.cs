using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>
/// Writes of one job each, from many callers at once, in one commit: while one group is on its way the next gathers. Nobody waits for a crowd.
/// Callers never share a fate: a group that is refused is written one by one.
/// </summary>
internal sealed class EnqueueGroup(EnqueueVerb verb)
{
    private const int MostTogether = 500;

    /// <summary>One on its way and one being made ready: the pool has two connections.</summary>
    private const int MostGroups = 2;

    private readonly Lock _gate = new();
    private readonly Queue<Call> _waiting = [];
    private int _groups;

    private sealed class Call(NewJob job, CancellationToken cancellationToken)
        : TaskCompletionSource<EnqueueAnswer[]>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public NewJob Job => job;

        public CancellationToken CancellationToken => cancellationToken;
    }

    public static bool Takes(IReadOnlyList<NewJob> jobs) => jobs.Count == 1 && jobs[0] is { Unique: null, ContinueFrom: null };

    public Task<EnqueueAnswer[]> WriteAsync(NewJob job, CancellationToken cancellationToken)
    {
        var call = new Call(job, cancellationToken);
        lock (_gate)
        {
            _waiting.Enqueue(call);
            if (_groups == MostGroups)
                return call.Task;
            _groups++;
        }

        _ = WriteGroupsAsync(); // ends with the last waiting call, each of which is told
        return call.Task;
    }

    private async Task WriteGroupsAsync()
    {
        while (Next() is { } group)
        {
            try
            {
                await WriteAsync(group).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                foreach (var call in group)
                    _ = call.TrySetException(exception);
            }
        }
    }

    private List<Call>? Next()
    {
        lock (_gate)
        {
            var group = new List<Call>(Math.Min(_waiting.Count, MostTogether));
            while (group.Count < MostTogether && _waiting.TryDequeue(out var call))
            {
                if (call.CancellationToken.IsCancellationRequested)
                    _ = call.TrySetCanceled(call.CancellationToken);
                else
                    group.Add(call);
            }

            if (group.Count > 0)
                return group;
            _groups--;
            return null;
        }
    }

    private async Task WriteAsync(List<Call> group)
    {
        // Ids of one process come close together: in order they make ranges, and rows are always written in the order of their ids.
        group.Sort(static (a, b) => a.Job.Id.Value.CompareTo(b.Job.Id.Value));
        try
        {
            var answers = await verb.WriteAsync(group.ConvertAll(static call => call.Job), CancellationToken.None).ConfigureAwait(false);
            for (var i = 0; i < answers.Length; i++)
                group[i].SetResult([answers[i]]);
        }
        catch (StoreException exception) when (group.Count > 1 && !exception.IsTransient)
        {
            foreach (var call in group)
                await WriteAloneAsync(call).ConfigureAwait(false);
        }
    }

    private async Task WriteAloneAsync(Call call)
    {
        try
        {
            call.SetResult(await verb.WriteAsync([call.Job], CancellationToken.None).ConfigureAwait(false));
        }
        catch (StoreException exception)
        {
            call.SetException(exception);
        }
    }
}
