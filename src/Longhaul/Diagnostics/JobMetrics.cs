using System.Diagnostics;
using System.Diagnostics.Metrics;
using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>The meter <c>Longhaul</c>: what the worker counts. Labels are job name, queue and outcome, all bounded by the program's own handlers.</summary>
internal sealed class JobMetrics
{
    public const string MeterName = "Longhaul";

    private readonly Counter<long> _ended;
    private readonly Counter<long> _failedAttempts;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _lost;
    private readonly UpDownCounter<long> _running;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _wait;
    private readonly ObservableGauge<long> _depth;
    private readonly ObservableGauge<double> _age;
    private volatile IReadOnlyList<QueueInfo> _queues = [];
    private readonly TimeProvider _time;

    public JobMetrics(IMeterFactory factory, TimeProvider time)
    {
        _time = time;
        var meter = factory.Create(MeterName);
        _ended = meter.CreateCounter<long>("longhaul.job.runs", "{run}", "Runs that ended, by outcome.");
        _failedAttempts = meter.CreateCounter<long>("longhaul.job.failed_attempts", "{attempt}", "Attempts that ended in an error.");
        _refused = meter.CreateCounter<long>("longhaul.job.refused_outcomes", "{run}", "Outcomes refused because the run had been taken over.");
        _running = meter.CreateUpDownCounter<long>("longhaul.job.running", "{run}", "Runs whose handler runs now.");
        _duration = meter.CreateHistogram<double>("longhaul.job.duration", "s", "How long runs took.");
        _lost = meter.CreateCounter<long>("longhaul.job.lost_runs", "{run}", "Runs taken over from dead workers, counted by the worker that took them over.");
        _depth = meter.CreateObservableGauge("longhaul.queue.depth", () => Depths(), "{job}", "Jobs by queue and state, at the worker's last look.");
        _age = meter.CreateObservableGauge("longhaul.queue.age", () => Ages(), "s", "Age of the job that has been due the longest, by queue.");
        _wait = meter.CreateHistogram<double>("longhaul.job.wait", "s", "From due to claimed, by the store's clock.");
    }

    public void Began(ClaimedRun claim)
    {
        if (_running.Enabled)
            _running.Add(1, Tags(claim));
        if (_wait.Enabled)
            _wait.Record((claim.ClaimedAt - claim.DueAt).TotalSeconds, Tags(claim));
    }

    public void Ended(ClaimedRun claim, Settlement settlement)
    {
        if (_running.Enabled)
            _running.Add(-1, Tags(claim));
        if (_duration.Enabled)
            _duration.Record(settlement.Duration.TotalSeconds, Tags(claim));
        if (_ended.Enabled)
        {
            var tags = Tags(claim);
            tags.Add("longhaul.job.outcome", settlement.Outcome.ToString());
            _ended.Add(1, tags);
        }

        if (settlement.Outcome is Outcome.Retry or Outcome.Failed && _failedAttempts.Enabled)
            _failedAttempts.Add(1, Tags(claim));
    }

    public void Refused(ClaimedRun claim)
    {
        if (_refused.Enabled)
            _refused.Add(1, Tags(claim));
    }

    public void Lost(int runs)
    {
        if (_lost.Enabled && runs > 0)
            _lost.Add(runs);
    }

    /// <summary>Whether anybody reads the gauges of queues: only then does the worker look.</summary>
    public bool WantsQueues => _depth.Enabled || _age.Enabled;

    public void Seen(IReadOnlyList<QueueInfo> queues) => _queues = queues;

    private IEnumerable<Measurement<long>> Depths()
    {
        foreach (var q in _queues)
        {
            yield return Depth(q, "due", q.Due);
            yield return Depth(q, "scheduled", q.Scheduled);
            yield return Depth(q, "waiting", q.Waiting);
            yield return Depth(q, "running", q.Running);
            yield return Depth(q, "paused", q.PausedJobs);
            yield return Depth(q, "failed", q.Failed);
        }
    }

    private IEnumerable<Measurement<double>> Ages()
    {
        var now = _time.GetUtcNow();
        foreach (var q in _queues)
            yield return new(q.OldestDue is { } due && due < now ? (now - due).TotalSeconds : 0, new KeyValuePair<string, object?>("messaging.destination.name", q.Name));
    }

    private static Measurement<long> Depth(QueueInfo queue, string state, long jobs)
        => new(jobs, new("messaging.destination.name", queue.Name), new("longhaul.job.state", state));

    private static TagList Tags(ClaimedRun claim) => new() { { "longhaul.job.name", claim.Name }, { "messaging.destination.name", claim.Queue } };
}
