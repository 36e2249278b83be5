using System.Globalization;
using System.Text;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>
/// The store contract as a few hundred lines over plain lists: no index, no lane, no cache, nothing that could be quick or wrong in the same way as a store.
/// Every rule is written from the contract, so that a difference says that a store, or the contract, has to be looked at.
/// </summary>
internal sealed partial class StoreModel(VirtualClock clock) : IModelSubject
{
    private readonly List<ModelJob?> _jobs = [];
    private readonly List<Func<ModelJob>> _written = [];
    private readonly List<ModelSession> _sessions = [];
    private readonly List<(int Job, int Claim)> _runs = [];
    private readonly List<int> _claims = [];
    private readonly Dictionary<string, (int Job, UniqueScope Scope, double Until)> _keys = [];
    private readonly Dictionary<int, (int Run, double Until)> _gone = [];
    private readonly HashSet<string> _pausedQueues = [];

    public string Name => "model";

    private double Now => clock.SinceStart.TotalSeconds;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<string?> SeeMoreAsync() => Task.FromResult<string?>(null);

    public Task<string> DoAsync(Step step, int number) => Task.FromResult(step switch
    {
        Step.Enqueue o => Enqueue(o),
        Step.EnqueueAgain o => EnqueueAgain(o),
        Step.OpenSession o => Open(o),
        Step.OpenAgain o => OpenAgain(o),
        Step.CloseSession o => Close(o),
        Step.Beat o => Beat(o),
        Step.Claim o => Claim(o, number),
        Step.FindClaim o => FindClaim(o),
        Step.Settle o => Settle(o, number),
        Step.Flush o => Flush(o, number),
        Step.EndHold o => EndHold(o),
        Step.Act o => Act(o),
        Step.Watch o => Watch(o),
        Step.Recover o => Recover(o),
        Step.PauseQueue o => PauseQueue(o),
        Step.Clear o => Remove("cleared", o.Queue, static job => job.State == JobState.Pending),
        Step.FlushFailed o => Remove("flushed", o.Queue, static job => job.State == JobState.Failed),
        Step.Prune => Remove("pruned", int.MaxValue, job => job.ExpiresAt <= Now),
        Step.RestartWorkers => RestartWorkers(),
        _ => "",
    });

    public Task<string> SeeAsync()
    {
        var text = new StringBuilder();
        foreach (var job in Jobs)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"j{job.Index} {job.Name} {job.Queue} p{job.Priority} {job.State} due={Moment(job.DueAt)} runs={job.Runs} attempts={job.Attempts} lost={job.LostRuns} session={(job.State == JobState.Running ? $"s{job.Run!.Session}" : "")} order={job.Order} progress={job.Progress} items={job.Items.Count} error={job.Error} reason={job.Reason} finished={Moment(job.FinishedAt)} expires={Moment(job.ExpiresAt)} checkpoint={job.Checkpoint}");
        }

        foreach (var session in _sessions.Where(s => s.IsLive || Now - s.EndedAt <= 3_600))
            text.AppendLine(CultureInfo.InvariantCulture, $"s{session.Index} {session.State} running={Jobs.Count(j => j.Run?.Session == session.Index)} beat={Moment(session.RenewedAt)}");
        foreach (var name in Ranked())
        {
            var jobs = Jobs.Where(j => j.Queue == name).ToList();
            if (jobs.Count == 0 && !_pausedQueues.Contains(name))
                continue;
            int Of(JobState state) => jobs.Count(j => j.State == state);
            var due = jobs.Where(j => j.State == JobState.Pending && j.DueAt <= Now).ToList();
            text.AppendLine(CultureInfo.InvariantCulture, $"{name} paused={_pausedQueues.Contains(name)} due={due.Count} scheduled={Of(JobState.Pending) - due.Count} waiting={Of(JobState.Waiting)} running={Of(JobState.Running)} set-aside={Of(JobState.Paused)} completed={Of(JobState.Completed)} failed={Of(JobState.Failed)} cancelled={Of(JobState.Cancelled)} oldest={Moment(due.Count == 0 ? null : due.Min(static j => j.DueAt))}");
        }

        return Task.FromResult(text.ToString());
    }

    private IEnumerable<ModelJob> Jobs => _jobs.OfType<ModelJob>();

    private static IEnumerable<string> Ranked() => Step.Queues.OrderBy(QueueRank.Of).ThenBy(static q => q, StringComparer.Ordinal);

    private static string Moment(double? seconds) => seconds?.ToString("0.###", CultureInfo.InvariantCulture) ?? "";

    private string Enqueue(Step.Enqueue o)
    {
        var (index, earlier) = (_jobs.Count, o.Continue == 0 ? -1 : Choice.FromNewest(o.Continue - 1, _jobs.Count));
        Add(() => new ModelJob(
            index, Step.Names[o.Name], Step.Queues[o.Queue], o.Priority * 100, o.MaxLost, o.Key == 0 ? null : new ModelKey($"{Step.Names[o.Name]} k{o.Key}", o.Scope))
        {
            DueAt = Now + o.Delay,
            Checkpoint = earlier < 0 ? "" : _jobs[earlier]?.Checkpoint ?? "",
        });
        _continues[index] = earlier;
        return Write(index, otherNonce: false);
    }

    private readonly Dictionary<int, int> _continues = [];

    private void Add(Func<ModelJob> make)
    {
        _jobs.Add(null);
        _written.Add(make);
    }

    private string EnqueueAgain(Step.EnqueueAgain o)
        => Choice.FromNewest(o.Job, _jobs.Count) is var index and >= 0 ? Write(index, o.OtherNonce) : "";

    private string Write(int index, bool otherNonce)
    {
        if (_jobs[index] is not null || (_gone.TryGetValue(index, out var gone) && gone.Until > Now))
            return $"{(otherNonce != _otherNonce.Contains(index) ? "IdTaken" : "Repeated")} j{index}";
        var job = _written[index]();
        if (job.Key is { } key && Occupant(key) is { } occupant)
            return $"Duplicate j{occupant}";
        if (_continues.TryGetValue(index, out var earlier) && earlier >= 0)
        {
            if (_jobs[earlier] is not { } continued)
                return $"NothingToContinue j{index}";
            if (!continued.HasEnded)
                return $"ContinuedJobLives j{index}";
        }

        _jobs[index] = job;
        _gone.Remove(index);
        if (otherNonce)
            _otherNonce.Add(index);
        else
            _otherNonce.Remove(index);
        if (job.Key is not null)
            Occupy(job);
        return $"Created j{index}";
    }

    /// <summary>Jobs that were written (again, after they had gone) with another nonce.</summary>
    private readonly HashSet<int> _otherNonce = [];

    private int? Occupant(ModelKey key) => _keys.TryGetValue(key.Name, out var o) && (o.Scope != UniqueScope.Window || o.Until > Now) ? o.Job : null;

    private void Occupy(ModelJob job) => _keys[job.Key!.Name] = (job.Index, job.Key.Scope, Now + 40.5);

    /// <summary>A job gives its key up at its start, its end or its deletion, as the scope says; a window stays.</summary>
    private void GiveUpKey(ModelJob job, UniqueScope? only = null)
    {
        if (job.Key is { Scope: not UniqueScope.Window } key && (only is null || key.Scope == only) && _keys.TryGetValue(key.Name, out var o) && o.Job == job.Index && o.Scope == key.Scope)
            _keys.Remove(key.Name);
    }

    /// <summary>A job that is brought back takes a key that it has until its end again. False: another has it.</summary>
    private bool TakeKeyAgain(ModelJob job)
    {
        if (job.Key is not { Scope: UniqueScope.UntilFinished } key)
            return true;
        if (Occupant(key) is { } occupant && occupant != job.Index)
            return false;
        Occupy(job);
        return true;
    }

    private void MakePending(ModelJob job, double dueAt)
    {
        job.State = job.Hold is null ? JobState.Pending : JobState.Waiting;
        job.DueAt = dueAt;
        job.FinishedAt = job.ExpiresAt = null;
        job.Reason = null;
    }

    private void End(ModelJob job, JobState state, TimeSpan keep, string? reason = null)
    {
        job.State = state;
        job.FinishedAt = Now;
        job.ExpiresAt = Now + keep.TotalSeconds;
        job.Reason = reason;
        GiveUpKey(job);
    }

    private void Pause(ModelJob job, string? reason)
    {
        job.State = JobState.Paused;
        job.Reason = reason;
    }

    private static void EndRun(ModelJob job)
    {
        job.Run = null;
        job.Order = null;
        job.OrderReason = null;
        job.WatchedUntil = 0;
    }

    private static void DropHook(ModelJob job)
    {
        job.HookDueAt = null;
        job.HookTries = 0;
    }

    private string Remove(string verb, int queue, Func<ModelJob, bool> which)
    {
        var going = Jobs.Where(j => (queue >= Step.Queues.Length || j.Queue == Step.Queues[queue]) && which(j)).ToList();
        going.ForEach(Delete);
        return $"{verb} {going.Count}";
    }

    private void Delete(ModelJob job)
    {
        GiveUpKey(job);
        _jobs[job.Index] = null;
    }

    private string PauseQueue(Step.PauseQueue o)
    {
        if (o.Paused)
            _pausedQueues.Add(Step.Queues[o.Queue]);
        else
            _pausedQueues.Remove(Step.Queues[o.Queue]);
        return "";
    }
}
