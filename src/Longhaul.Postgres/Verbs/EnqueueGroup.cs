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
        lock (_gate)
        {
            if (_groups == MostGroups)
            {
                var call = new Call(job, cancellationToken);
                _waiting.Enqueue(call);
                return call.Task;
            }

            _groups++;
        }

        return WriteFirstAsync(job, cancellationToken);
    }

    /// <summary>Nobody gathers yet: a caller that is alone goes by itself, for to be told by another costs it the change to another thread.</summary>
    private async Task<EnqueueAnswer[]> WriteFirstAsync(NewJob job, CancellationToken cancellationToken)
    {
        try
        {
            return await verb.WriteAsync([job], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndFirst();
        }
    }

    private void EndFirst()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _groups--;
                return;
            }
        }

        // It ends with the last waiting call, each of which is told.
        _ = ThreadPool.UnsafeQueueUserWorkItem(static group => _ = group.WriteGroupsAsync(), this, preferLocal: true);
    }

    private async Task WriteGroupsAsync()
    {
        while (Next() is { } group)
        {
            try
            {
                await WriteAsync(group).ConfigureAwait(false);
                if (group.Count > 1)
                    await Task.Yield(); // behind those that were told: what they write next comes along, which makes groups twice as large
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
