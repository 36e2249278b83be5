using System.Collections.Concurrent;
using System.Text;

namespace Longhaul.Conformance;

/// <summary>
/// What many threads did to one store, written down outside it, and the checks of it. Every event has a place in one order:
/// a run is surely held from the moment when its claim has returned until the moment before its end is asked for, by whomever.
/// </summary>
public sealed class RunLedger
{
    private readonly ConcurrentQueue<Run> _runs = new();
    private readonly ConcurrentDictionary<JobId, ConcurrentQueue<Release>> _releases = new();
    private long _order;
    private int _staleTried;
    private int _staleAccepted;

    /// <summary>Writes with a token that was no longer current.</summary>
    public int StaleTried => _staleTried;

    /// <summary>Runs in all.</summary>
    public int Runs => _runs.Count;

    /// <summary>Runs whose worker was declared dead, or whose settlement came after a release.</summary>
    public int TakenOver => _runs.Count(static run => run.TakenOver);

    /// <summary>A claim is about to be asked for, or another moment that matters.</summary>
    public long Moment() => Interlocked.Increment(ref _order);

    /// <summary>A claim has returned.</summary>
    public Run Held(Storage.ClaimedRun claimed, long asked)
    {
        var run = new Run(claimed.Key.Job, claimed.RunNumber, claimed.FenceToken, asked, Moment());
        _runs.Enqueue(run);
        return run;
    }

    /// <summary>The end of a run is about to be asked for: its settlement, or the death of its worker.</summary>
    public void Ending(Run run) => run.Until = Moment();

    /// <summary>A person is about to release whatever run a job has; call <see cref="Release.Done"/> when that has returned.</summary>
    public Release Releasing(JobId job)
    {
        var release = new Release(Moment());
        _releases.GetOrAdd(job, static _ => new ConcurrentQueue<Release>()).Enqueue(release);
        return release;
    }

    /// <summary>Whether a release may have hit this run.</summary>
    public bool MayBeReleased(Run run) => FirstReleaseOf(run) < long.MaxValue;

    /// <summary>A stale write was answered.</summary>
    public void Stale(bool refused)
    {
        Interlocked.Increment(ref _staleTried);
        if (!refused)
            Interlocked.Increment(ref _staleAccepted);
    }

    /// <summary>All that is wrong with the history; empty: nothing.</summary>
    public string Check(IReadOnlyCollection<JobId> jobs)
    {
        var wrong = new StringBuilder();
        if (_staleAccepted > 0)
            wrong.AppendLine($"{_staleAccepted} of {_staleTried} stale writes were accepted.");
        var byJob = _runs.ToLookup(static run => run.Job);
        foreach (var job in jobs)
            Check(job, [.. byJob[job].OrderBy(static run => run.Number)], wrong);
        foreach (var stranger in byJob.Select(static runs => runs.Key).Except(jobs))
            wrong.AppendLine($"Job {stranger} ran and was never enqueued.");
        return wrong.ToString();
    }

    private void Check(JobId job, List<Run> runs, StringBuilder wrong)
    {
        var completions = runs.Count(static run => run.Completed);
        if (completions != 1)
            wrong.AppendLine($"Job {job} was completed {completions} times.");
        if (!runs.Select(static run => run.Number).SequenceEqual(Enumerable.Range(1, runs.Count)))
            wrong.AppendLine($"Job {job} has the run numbers {string.Join(", ", runs.Select(static run => run.Number))}.");
        for (var i = 1; i < runs.Count; i++)
        {
            if (runs[i].Fence <= runs[i - 1].Fence)
                wrong.AppendLine($"Job {job}: the fence of run {runs[i].Number} does not grow.");
        }

        var held = runs.Select(run => (Run: run, run.From, Until: Math.Min(run.Until, FirstReleaseOf(run)))).Where(static each => each.From < each.Until).OrderBy(static each => each.From).ToList();
        for (var i = 1; i < held.Count; i++)
        {
            if (held[i].From < held[i - 1].Until)
                wrong.AppendLine($"Job {job}: run {held[i].Run.Number} was held while run {held[i - 1].Run.Number} was.");
        }
    }

    private long FirstReleaseOf(Run run)
        => _releases.TryGetValue(run.Job, out var releases)
            ? releases.Where(release => release.Returned > run.Asked && release.Asked < run.Until).Select(static release => release.Asked).DefaultIfEmpty(long.MaxValue).Min()
            : long.MaxValue;

    /// <summary>One run, as its worker saw it: moments of the ledger's order.</summary>
    /// <param name="job">The job.</param>
    /// <param name="number">Its run number.</param>
    /// <param name="fence">Its fence token.</param>
    /// <param name="asked">When its claim was asked for.</param>
    /// <param name="from">When its claim had returned.</param>
    public sealed class Run(JobId job, int number, long fence, long asked, long from)
    {
        private long _until = long.MaxValue;

        public JobId Job { get; } = job;

        public int Number { get; } = number;

        public long Fence { get; } = fence;

        public long Asked { get; } = asked;

        public long From { get; } = from;

        public long Until
        {
            get => Volatile.Read(ref _until);
            set => Volatile.Write(ref _until, value);
        }

        public bool TakenOver { get; set; }

        public bool Completed { get; set; }
    }

    /// <summary>A release by a person.</summary>
    /// <param name="asked">When it was asked for.</param>
    public sealed class Release(long asked)
    {
        private long _returned = long.MaxValue;

        public long Asked { get; } = asked;

        public long Returned => Volatile.Read(ref _returned);

        /// <summary>It has returned.</summary>
        public void Done(long moment) => Volatile.Write(ref _returned, moment);
    }
}
