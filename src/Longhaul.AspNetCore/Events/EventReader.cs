using System.Globalization;
using System.Text.Json;
using Longhaul.AspNetCore.Api;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Sharing;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Events;

/// <summary>What the pump does at a look: reads, compares with what was seen last, and posts what is new.</summary>
internal sealed class EventReader(LonghaulHttp http) : IAsyncDisposable
{
    /// <summary>So many running jobs are shown live; beyond, their count is.</summary>
    private const int MostRunning = 500;
    private const int Newest = 100;

    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WorkersEvery = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1, 1); // a look and a greeting never see half of each other
    private readonly ChangeLog _log = new(http.Time);
    private readonly Dictionary<long, JobFollower> _followers = [];
    private HashSet<long> _shown = [];
    private long _workersToldAt;

    /// <summary>Whether the store did not answer at the last look.</summary>
    public bool IsAway { get; set; }

    public void Begin()
    {
        _log.Begin();
        _shown = [];
        _followers.Clear();
    }

    /// <summary>Posts to a client what it is to know first; from then on it gets what changes.</summary>
    public async Task GreetAsync(EventClient client, long? lastId, Action<EventClient> join, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (resumed, frames) = _log.Since(lastId, client);
            client.Post(EventFrame.OfData("hello", "hello", Math.Min(frames.Count > 0 ? frames[0].Id - 1 : long.MaxValue, _log.NextId()), new HelloView(resumed, http.Now)));
            foreach (var frame in frames)
                client.Post(frame);
            foreach (var id in client.Followed)
                await GreetFollowerAsync(client, id, cancellationToken).ConfigureAwait(false);
            if (client.IsShared)
                await GreetSharedAsync(client, cancellationToken).ConfigureAwait(false);
            join(client);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Waits for the last one who is greeted; who comes later meets an <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false); // all who wait are cancelled by now
        _gate.Dispose();
    }

    /// <summary>One look.</summary>
    public async Task LookAsync(EventClient[] clients, bool whole, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (whole)
            {
                await LookAtWholeAsync(clients, cancellationToken).ConfigureAwait(false);
                await LookAtJobsAsync(clients, cancellationToken).ConfigureAwait(false);
                _log.Forget(_shown.Contains);
            }

            await LookAtFollowedAsync(clients, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The store is away: the badge says so.</summary>
    public void TellUnknown(EventClient[] clients)
    {
        var status = QueueStatusReader.Tell(null, http.Store.Info.Driver, http.Now, null);
        Tell(clients, "status", "status", WholeViews.Show(status), WholeViews.Show(status with { At = default }), EventTopics.Status);
    }

    private async Task LookAtWholeAsync(EventClient[] clients, CancellationToken cancellationToken)
    {
        var summary = await QueueSummary.ReadAsync(http.Store, http.Time, cancellationToken).ConfigureAwait(false);
        var now = http.Now;
        var status = QueueStatusReader.Tell(summary, http.Store.Info.Driver, now, null);
        Tell(clients, "status", "status", WholeViews.Show(status), WholeViews.Show(status with { At = default }), EventTopics.Status);
        var queues = WholeViews.Show(summary.Queues, summary.Unhandled, now);
        Tell(clients, "queues", "queues", queues, queues with { Items = [.. queues.Items.Select(static queue => queue with { AgeSeconds = null })] }, EventTopics.Queues);

        var workers = new ListView<WorkerView>([.. summary.Workers.Select(WorkerView.Of)]);
        var withoutBeats = workers with { Items = [.. workers.Items.Select(static worker => worker with { LastBeatAt = default, LeaseEndsAt = default })] };
        var isDue = http.Time.GetElapsedTime(_workersToldAt) >= WorkersEvery;
        if (Tell(clients, "workers", "workers", workers, withoutBeats, EventTopics.Workers, always: isDue && workers.Items.Count > 0))
            _workersToldAt = http.Time.GetTimestamp();
    }

    /// <summary>Jobs that run, those that began or ended, and the newest.</summary>
    private async Task LookAtJobsAsync(EventClient[] clients, CancellationToken cancellationToken)
    {
        var running = await http.Store.ListJobsAsync(new JobFilter { States = [JobState.Running] }, new PageRequest(MostRunning), cancellationToken).ConfigureAwait(false);
        var newest = await http.Store.ListJobsAsync(JobFilter.All, new PageRequest(Newest), cancellationToken).ConfigureAwait(false);
        var seen = new Dictionary<long, JobRecord>();
        foreach (var job in newest.Items.Concat(running.Items))
            seen[job.Id.Value] = job;
        var vanished = _shown.Where(id => !seen.ContainsKey(id)).ToList();
        if (vanished.Count > 0)
        {
            foreach (var job in await ByIdAsync(vanished, cancellationToken).ConfigureAwait(false))
            {
                seen[job.Id.Value] = job;
                vanished.Remove(job.Id.Value);
            }
        }

        foreach (var job in seen.Values)
            Tell(clients, job);
        foreach (var id in vanished)
            TellGone(clients, id);
        // Shown on: what runs and the newest. Others have been told of a last time.
        _shown = [.. running.Items.Concat(newest.Items).Select(static job => job.Id.Value)];
    }

    private async Task LookAtFollowedAsync(EventClient[] clients, CancellationToken cancellationToken)
    {
        var followed = clients.SelectMany(static client => client.Followed).ToHashSet();
        foreach (var id in _followers.Keys.Where(id => !followed.Contains(id)).ToArray())
            _followers.Remove(id);
        if (followed.Count == 0)
            return;

        var left = new HashSet<long>(followed);
        foreach (var job in await ByIdAsync(followed, cancellationToken).ConfigureAwait(false))
        {
            left.Remove(job.Id.Value);
            Tell(clients, job);
            await FollowAsync(clients, job, cancellationToken).ConfigureAwait(false);
        }

        foreach (var id in left)
            TellGone(clients, id);
    }

    private async Task FollowAsync(EventClient[] clients, JobRecord job, CancellationToken cancellationToken)
    {
        var id = job.Id.Value;
        if (!_followers.TryGetValue(id, out var follower))
            _followers.Add(id, follower = new JobFollower(http.Store, job.Id));
        if (job.State == JobState.Running && http.Time.GetTimestamp() >= follower.WatchAgainAt)
        {
            follower.WatchAgainAt = http.Time.GetTimestamp() + (long)(WatchEvery.TotalSeconds * http.Time.TimestampFrequency);
            await http.Store.WatchAsync(job.Id, cancellationToken).ConfigureAwait(false);
        }

        var lines = await follower.NewLinesAsync(cancellationToken).ConfigureAwait(false);
        if (lines.Count > 0)
            Post(clients, id, Lines(id, lines));
        var traces = await follower.NewTracesAsync(cancellationToken).ConfigureAwait(false);
        if (traces.Count > 0)
            Post(clients, id, EventFrame.OfData("traces", Unique("traces", id), _log.NextId(), new TracesEventView(id, traces)));
    }

    // Where others follow the job already, what they have been told is what this one has missed.
    private async Task GreetFollowerAsync(EventClient client, long id, CancellationToken cancellationToken)
    {
        if (client.IsShared || !_followers.TryGetValue(id, out var follower))
            return; // the next look begins with the last lines
        if (follower.Greeting is null)
        {
            var lines = await follower.LastLinesAsync(cancellationToken).ConfigureAwait(false);
            if (lines.Count > 0)
                follower.Greeting = Lines(id, lines);
        }

        if (follower.Greeting is { } greeting)
            client.Post(greeting);
    }

    private async Task GreetSharedAsync(EventClient client, CancellationToken cancellationToken)
    {
        foreach (var job in await ByIdAsync(client.Followed, cancellationToken).ConfigureAwait(false))
            client.Post(Shared(job));
    }

    private EventFrame Shared(JobRecord job) => EventFrame.OfData("progress", Key(job.Id.Value), _log.NextId(), ShareRoutes.Show(job));

    private EventFrame Lines(long id, IReadOnlyList<LogView> lines) => EventFrame.OfData("log", Unique("log", id), _log.NextId(), new LogEventView(id, lines));

    private async Task<IReadOnlyList<JobRecord>> ByIdAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken)
    {
        var jobs = new List<JobRecord>();
        foreach (var part in ids.Chunk(1_000))
        {
            var filter = new JobFilter { Ids = [.. part.Select(static id => new JobId(id))] };
            jobs.AddRange((await http.Store.ListJobsAsync(filter, new PageRequest(1_000), cancellationToken).ConfigureAwait(false)).Items);
        }

        return jobs;
    }

    private void Tell(EventClient[] clients, JobRecord job)
    {
        var view = http.Show(job);
        var content = JsonSerializer.SerializeToUtf8Bytes(view, ApiJson.Options);
        var key = Key(job.Id.Value);
        if (_log.IsKnown(key, content))
            return;
        Tell(clients, new ChangeLog.Entry(EventFrame.Of("job", key, _log.NextId(), content), content, EventTopics.Jobs, job.Id.Value, job.Owner));
        PostShared(clients, job.Id.Value, () => Shared(job));
    }

    private void TellGone(EventClient[] clients, long id)
    {
        var key = Key(id);
        var content = JsonSerializer.SerializeToUtf8Bytes(new GoneView(id), ApiJson.Options);
        if (!_log.Contains(key) || _log.IsKnown(key, content))
            return;
        Tell(clients, new ChangeLog.Entry(EventFrame.Of("gone", key, _log.NextId(), content), content, EventTopics.Jobs, id, _log.OwnerOf(key)));
        PostShared(clients, id, () => EventFrame.Of("gone", key, _log.NextId(), content));
    }

    private bool Tell<T>(EventClient[] clients, string name, string key, T data, T compared, EventTopics topic, bool always = false)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(compared, ApiJson.Options);
        if (!always && _log.IsKnown(key, content))
            return false;
        Tell(clients, new ChangeLog.Entry(EventFrame.OfData(name, key, _log.NextId(), data), content, topic, 0, null));
        return true;
    }

    private void Tell(EventClient[] clients, ChangeLog.Entry entry)
    {
        _log.Set(entry);
        foreach (var client in clients)
        {
            if (entry.IsFor(client))
                client.Post(entry.Frame);
        }
    }

    private static void Post(EventClient[] clients, long job, EventFrame frame)
    {
        foreach (var client in clients)
        {
            if (!client.IsShared && client.Followed.Contains(job))
                client.Post(frame);
        }
    }

    private static void PostShared(EventClient[] clients, long job, Func<EventFrame> make)
    {
        EventFrame? frame = null;
        foreach (var client in clients)
        {
            if (client.IsShared && client.Followed.Contains(job))
                client.Post(frame ??= make());
        }
    }

    private static string Key(long job) => string.Create(CultureInfo.InvariantCulture, $"job {job}");

    // Lines and traces are not replaced by later ones.
    private string Unique(string what, long job) => string.Create(CultureInfo.InvariantCulture, $"{what} {job} {_log.NextId()}");
}

/// <summary>The first event of a stream.</summary>
internal sealed record HelloView(bool Resumed, DateTimeOffset At);

/// <summary>A job that was deleted.</summary>
internal sealed record GoneView(long Id);

/// <summary>New lines of a job's log.</summary>
internal sealed record LogEventView(long Job, IReadOnlyList<LogView> Lines);

/// <summary>New traces of a job.</summary>
internal sealed record TracesEventView(long Job, IReadOnlyList<TraceView> Traces);
