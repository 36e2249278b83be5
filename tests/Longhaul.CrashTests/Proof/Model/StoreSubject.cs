using System.Globalization;
using System.Text;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Runs generated steps against a real store and says in words what it answers.</summary>
internal sealed class StoreSubject(string name, VirtualClock clock, Func<IJobStore> make) : IModelSubject
{
    private readonly List<NewJob> _jobs = [];
    private readonly List<WorkerRecord> _sessions = [];
    private readonly List<(RunKey Key, SessionId Session)> _runs = [];
    private readonly List<long> _claims = [];
    private readonly Dictionary<JobId, long> _fences = [];
    private readonly Dictionary<SessionId, IHeart> _hearts = [];
    private readonly DateTimeOffset _start = clock.GetUtcNow();
    private IJobStore? _store;
    private long _nonce;

    public string Name => name;

    private IJobStore Store => _store!;

    public static async Task<StoreSubject> OpenAsync(string name, VirtualClock clock, Func<IJobStore> make)
    {
        var subject = new StoreSubject(name, clock, make);
        await subject.OpenAsync();
        return subject;
    }

    public async Task<string> DoAsync(Step step, int number) => step switch
    {
        Step.Enqueue o => await EnqueueAsync(o),
        Step.EnqueueAgain o => await EnqueueAgainAsync(o),
        Step.OpenSession o => await OpenSessionAsync(o, number),
        Step.OpenAgain o => await OpenAgainAsync(o),
        Step.CloseSession o => await CloseAsync(o),
        Step.Beat o => await BeatAsync(o),
        Step.Claim o => await ClaimAsync(o, number),
        Step.FindClaim o => await FindClaimAsync(o),
        Step.Settle o => await SettleAsync(o, number),
        Step.Flush o => await FlushAsync(o, number),
        Step.EndHold o => await EndHoldAsync(o),
        Step.Act o => await ActAsync(o),
        Step.Watch o => Choice.FromNewest(o.Job, _jobs.Count) is var job and >= 0 ? $"{await Store.WatchAsync(_jobs[job].Id, default)}" : "",
        Step.Recover o => await RecoverAsync(o),
        Step.PauseQueue o => await PauseQueueAsync(o),
        Step.Clear o => $"cleared {await Store.ClearAsync(QueueOrAll(o.Queue), default)}",
        Step.FlushFailed o => $"flushed {await Store.FlushFailedAsync(QueueOrAll(o.Queue), default)}",
        Step.Prune => $"pruned {await Store.PruneAsync(1_000, default)}",
        Step.RestartWorkers => $"told {await Store.RestartWorkersAsync(default)}",
        Step.Reopen => await ReopenAsync(),
        _ => "",
    };

    public async Task<string> SeeAsync()
    {
        var text = new StringBuilder();
        foreach (var (index, job) in _jobs.Index())
        {
            if (await Store.GetJobAsync(job.Id, default) is { } seen)
                text.AppendLine(CultureInfo.InvariantCulture, $"j{index} {Show(seen)} checkpoint={Text(await Store.GetCheckpointAsync(job.Id, null, default))}");
        }

        foreach (var worker in await Store.ListWorkersAsync(default))
            text.AppendLine(CultureInfo.InvariantCulture, $"{Session(worker.Worker.Session)} {worker.State} running={worker.Running} beat={Moment(worker.LastBeatAt)}");
        foreach (var queue in await Store.ListQueuesAsync(default))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{queue.Name} paused={queue.Paused} due={queue.Due} scheduled={queue.Scheduled} waiting={queue.Waiting} running={queue.Running} set-aside={queue.PausedJobs} completed={queue.Completed} failed={queue.Failed} cancelled={queue.Cancelled} oldest={Moment(queue.OldestDue)}");
        }

        return text.ToString();
    }

    public async Task<string?> SeeMoreAsync()
    {
        var text = new StringBuilder();
        var page = new PageRequest(1_000);
        foreach (var (index, job) in _jobs.Index())
        {
            if (await Store.GetJobAsync(job.Id, default) is not { } seen)
                continue;
            text.AppendLine(CultureInfo.InvariantCulture, $"j{index} {seen.Derived} waits={seen.WaitsFor} created={Moment(seen.CreatedAt)} progressed={Moment(seen.ProgressAt)} saved={Moment(seen.CheckpointAt)} ordered={Moment(seen.OrderedAt)} worker={seen.Worker} result={Text(seen.Result)} key={seen.UniqueKey}");
            foreach (var h in await Store.ListHistoryAsync(job.Id, default))
                text.AppendLine(CultureInfo.InvariantCulture, $"   {Moment(h.At)} {h.Kind} run={h.RunNumber} by={h.By} reason={h.Reason} error={h.Error?.Type} took={h.Duration}");
            foreach (var c in await Store.ListCheckpointsAsync(job.Id, default))
                text.AppendLine(CultureInfo.InvariantCulture, $"   kept run={c.RunNumber} at={Moment(c.At)} bytes={c.Bytes} body={Text(await Store.GetCheckpointAsync(job.Id, c.Id, default))}");
            foreach (var f in (await Store.ListItemFailuresAsync(job.Id, page, default)).Items)
                text.AppendLine(CultureInfo.InvariantCulture, $"   item {f.Item} tries={f.Tries} {f.Error.Message}");
            foreach (var l in (await Store.ListLogsAsync(new LogFilter { Job = job.Id }, page, default)).Items)
                text.AppendLine(CultureInfo.InvariantCulture, $"   log run={l.RunNumber} {l.Line.Text}");
            foreach (var t in (await Store.ListTracesAsync(new TraceFilter { Job = job.Id }, page, default)).Items)
                text.AppendLine(CultureInfo.InvariantCulture, $"   trace run={t.RunNumber} {t.Trace.Subject}");
        }

        foreach (var u in await Store.ListUnhandledAsync(default))
            text.AppendLine(CultureInfo.InvariantCulture, $"unhandled {u.Name} in {u.Queue}: {u.Due} since {Moment(u.OldestDue)}");
        foreach (var problem in await Store.CheckAsync(default))
            text.AppendLine(CultureInfo.InvariantCulture, $"WRONG: {problem}");
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        DropHearts();
        if (_store is not null)
            await _store.DisposeAsync();
    }

    private async Task OpenAsync()
    {
        _store = make();
        await _store.OpenAsync(migrate: true, default);
    }

    private void DropHearts()
    {
        foreach (var heart in _hearts.Values)
            heart.Dispose();
        _hearts.Clear();
    }

    private async Task<string> ReopenAsync()
    {
        if (!Store.Info.Capabilities.HasFlag(StoreCapabilities.Durability))
            return "";
        await DisposeAsync();
        await OpenAsync();
        return "";
    }

    private async Task<NewJob> AddAsync(Func<NewJob, NewJob> change)
    {
        var job = change(new NewJob
        {
            Id = await Store.TakeIdsAsync(1, null, default),
            Nonce = ++_nonce,
            Name = Step.Names[0],
            Queue = Step.Queues[0],
            Payload = "{}"u8.ToArray(),
        });
        _jobs.Add(job);
        return job;
    }

    private async Task<string> EnqueueAsync(Step.Enqueue o)
    {
        var earlier = o.Continue == 0 ? -1 : Choice.FromNewest(o.Continue - 1, _jobs.Count);
        return await WriteAsync(await AddAsync(job => job with
        {
            Name = Step.Names[o.Name],
            Queue = Step.Queues[o.Queue],
            Priority = (byte)(o.Priority * 100),
            Delay = TimeSpan.FromSeconds(o.Delay),
            Unique = o.Key == 0 ? null : new UniqueKey($"k{o.Key}", o.Scope, o.Scope == UniqueScope.Window ? TimeSpan.FromSeconds(40.5) : default),
            Policy = new JobPolicy { MaxLostRuns = o.MaxLost },
            ContinueFrom = earlier < 0 ? null : _jobs[earlier].Id,
        }));
    }

    private async Task<string> EnqueueAgainAsync(Step.EnqueueAgain o)
        => Choice.FromNewest(o.Job, _jobs.Count) is var index and >= 0
            ? await WriteAsync(o.OtherNonce ? _jobs[index] with { Nonce = _jobs[index].Nonce + 1_000_000 } : _jobs[index])
            : "";

    private async Task<string> WriteAsync(NewJob job)
    {
        var answer = (await Store.EnqueueAsync([job], null, default))[0];
        if (answer.Status == EnqueueStatus.Created)
            _fences.Remove(job.Id); // it may have been deleted: this is another job
        return $"{answer.Status} {Job(answer.Id)}";
    }

    private async Task<string> OpenSessionAsync(Step.OpenSession o, int number)
    {
        var record = Simulation.Record(new SessionId(number + 1), $"worker {number}", number, Step.Leases[o.Kind % 2]) with { Names = o.Kind == 3 ? [Step.Names[0]] : Step.Names };
        _sessions.Add(record);
        await Store.OpenSessionAsync(record, default);
        return "";
    }

    private async Task<string> OpenAgainAsync(Step.OpenAgain o)
    {
        var index = Choice.FromNewest(o.Session, _sessions.Count);
        if (index < 0)
            return "";
        try
        {
            await Store.OpenSessionAsync(_sessions[index], default);
            return "renewed";
        }
        catch (StoreException)
        {
            return "refused";
        }
    }

    private async Task<string> CloseAsync(Step.CloseSession o)
    {
        if (Choice.FromNewest(o.Session, _sessions.Count) is var index and >= 0)
            await Store.CloseSessionAsync(_sessions[index].Session, default);
        return "";
    }

    private async Task<string> BeatAsync(Step.Beat o)
    {
        var index = Choice.FromNewest(o.Session, _sessions.Count);
        if (index < 0)
            return "";
        var session = _sessions[index].Session;
        var known = await Store.RunsOfAsync(session, default);
        var told = o.KnowsAll ? known : [.. known.Skip(1)];
        var begun = Choice.FromNewest(o.Begun, _runs.Count);
        if (!_hearts.TryGetValue(session, out var heart))
            _hearts.Add(session, heart = Store.OpenHeart(session));
        var answer = heart.Beat(new Beat
        {
            Renew = o.Renew,
            RunCount = told.Count,
            RunHash = told.Aggregate(0L, static (hash, run) => hash ^ run.Key.Token),
            Begun = begun < 0 ? [] : [_runs[begun].Key],
        });
        var orders = answer.Orders.Select(order => $"{Run(order.Run)}:{order.Kind}").Order(StringComparer.Ordinal);
        var peers = answer.Peers.Select(peer => Session(peer.Session) + (peer.LeaseExpired ? "!" : "")).Order(StringComparer.Ordinal);
        return answer.Lease == LeaseReply.Lost
            ? "lost"
            : $"agree={answer.RunsAgree} runs=[{string.Join(' ', known.Select(r => $"{Run(r.Key)}:{r.Order}").Order(StringComparer.Ordinal))}] orders=[{string.Join(' ', orders)}] order={answer.Order} peers=[{string.Join(' ', peers)}]";
    }

    private async Task<string> ClaimAsync(Step.Claim o, int number)
    {
        var index = Choice.FromNewest(o.Session, _sessions.Count);
        if (index < 0)
            return "";
        _claims.Add(number + 1);
        var answer = await Store.ClaimAsync(
            new ClaimRequest
            {
                Session = _sessions[index].Session,
                ClaimId = number + 1,
                Queues = o.Among == 0 ? null : [.. Step.Queues.Take(o.Among)],
                Names = _sessions[index].Names,
                Slots = o.Slots,
                Prefetch = o.Prefetch,
                AllowSuspect = o.AllowSuspect,
                OldestFirst = o.OldestFirst,
            },
            default);
        if (answer.Lease == LeaseReply.Lost)
            return "lost";
        var runs = answer.Runs.Select(run => Claimed(run, _sessions[index].Session)).ToList();
        return $"[{string.Join("; ", runs)}]" + (runs.Count < o.Slots + o.Prefetch ? $" next={answer.NextDue?.TotalSeconds}" : "");
    }

    private string Claimed(ClaimedRun run, SessionId session)
    {
        _runs.Add((run.Key, session));
        var grew = run.FenceToken > _fences.GetValueOrDefault(run.Key.Job);
        _fences[run.Key.Job] = run.FenceToken;
        return $"{Run(run.Key)}={Job(run.Key.Job)} {run.Kind} run={run.RunNumber} attempts={run.FailedAttempts} lost={run.LostRuns} prefetched={run.Prefetched} due={Moment(run.DueAt)} checkpoint={Text(run.Checkpoint)} progress={run.Progress?.Done} items={run.ItemFailures} error={run.Error?.Type}{(grew ? "" : " FENCE DID NOT GROW")}";
    }

    private async Task<string> FindClaimAsync(Step.FindClaim o)
    {
        var (session, claim) = (Choice.FromNewest(o.Session, _sessions.Count), Choice.FromNewest(o.Number, _claims.Count));
        if (session < 0 || claim < 0)
            return "";
        var runs = await Store.FindClaimAsync(_sessions[session].Session, _claims[claim], default);
        return string.Join(' ', runs.Select(r => Run(r.Key)));
    }

    private async Task<string> SettleAsync(Step.Settle o, int number)
    {
        var index = Choice.FromNewest(o.Run, _runs.Count);
        if (index < 0)
            return "";
        var key = _runs[index].Key;
        var answer = (await Store.SettleAsync(
            [
                new Settlement
                {
                    Key = key,
                    Outcome = o.Outcome,
                    Delay = TimeSpan.FromSeconds(o.Delay),
                    Error = o.Outcome is Outcome.Retry or Outcome.Failed ? new JobError($"error {number}", "it went wrong") : null,
                    FailedHook = o.Hook,
                    CodeStillRuns = o.CodeStillRuns,
                    Retention = o.Forget ? TimeSpan.Zero : JobDefaults.Retention,
                    Reason = o.Outcome is Outcome.Cancelled or Outcome.Paused ? $"reason {number}" : null,
                    Update = o.Update == Step.Parts.None ? null : await UpdateAsync(key, o.Update, number),
                },
            ],
            default))[0];
        return answer.Status == SettleStatus.LeaseLost ? "LeaseLost" : $"{answer.Status} {answer.State}";
    }

    private async Task<string> FlushAsync(Step.Flush o, int number)
    {
        var index = Choice.FromNewest(o.Run, _runs.Count);
        return index < 0 ? "" : $"{(await Store.FlushAsync([await UpdateAsync(_runs[index].Key, o.Update, number)], default))[0]}";
    }

    private async Task<RunUpdate> UpdateAsync(RunKey key, Step.Parts parts, int number)
    {
        bool Has(Step.Parts part) => parts.HasFlag(part);
        var json = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        return new RunUpdate
        {
            Key = key,
            Progress = Has(Step.Parts.Progress) ? new ProgressRecord { Done = number } : null,
            Checkpoint = Has(Step.Parts.Checkpoint) ? new CheckpointWrite(json) { Keep = Has(Step.Parts.Keep) } : null,
            Headway = Has(Step.Parts.Headway),
            ItemFailures = Has(Step.Parts.ItemFailure) ? [new ItemFailureRecord { Item = new ItemKey("loop", $"{number % 3}"), Error = new JobError("item", $"{number}"), At = clock.GetUtcNow(), Tries = 1 }] : [],
            MendedItems = Has(Step.Parts.MendedItem) ? [new ItemKey("loop", $"{(number + 1) % 3}")] : [],
            Children = Has(Step.Parts.Child) ? [await AddAsync(job => job with { EnqueuedBy = key.Job, Policy = new JobPolicy { MaxLostRuns = JobDefaults.MaxLostRuns } })] : [],
            Logs = Has(Step.Parts.Log) ? [new LogLine(clock.GetUtcNow(), 2, $"line {number}")] : [],
            Traces = Has(Step.Parts.Trace) ? [new TraceRecord { At = clock.GetUtcNow(), Type = "t", Subject = $"trace {number}", Success = true }] : [],
            Result = Has(Step.Parts.Result) ? json : null,
        };
    }

    private async Task<string> EndHoldAsync(Step.EndHold o)
    {
        if (Choice.FromNewest(o.Run, _runs.Count) is var index and >= 0)
            await Store.EndHoldAsync([_runs[index].Key], default);
        return "";
    }

    private async Task<string> ActAsync(Step.Act o)
    {
        var index = Choice.FromNewest(o.Job, _jobs.Count);
        if (index < 0)
            return "";
        var answer = (await Store.ActAsync(o.Action, [_jobs[index].Id], new ActionContext("ann", "so it is"), default))[0];
        return $"{Job(answer.Job)} {answer.Status} {answer.State}";
    }

    private async Task<string> RecoverAsync(Step.Recover o)
    {
        var observer = o.Observer < 0 ? -1 : Choice.FromNewest(o.Observer, _sessions.Count);
        var proven = _sessions.Index().Where(s => (o.Proven & (1 << (s.Index % 3))) != 0 && s.Index + 3 >= _sessions.Count).Select(static s => s.Item.Session);
        var report = await Store.RecoverAsync(observer < 0 ? null : _sessions[observer].Session, [.. proven], o.OlderThan == 0 ? null : TimeSpan.FromSeconds((o.OlderThan * 20) + 0.5), default);
        return $"dead=[{Sorted(report.Dead.Select(Session))}] recovered=[{Sorted(report.Recovered.Select(Job))}] failed=[{Sorted(report.Failed.Select(Job))}]";
    }

    private async Task<string> PauseQueueAsync(Step.PauseQueue o)
    {
        await Store.SetQueuePausedAsync(Step.Queues[o.Queue], o.Paused, new ActionContext("ann"), default);
        return "";
    }

    private string Show(JobRecord job)
        => $"{job.Name} {job.Queue} p{job.Priority} {job.State} due={Moment(job.DueAt)} runs={job.RunNumber} attempts={job.FailedAttempts} lost={job.LostRuns} session={(job.Session is { } s ? Session(s) : "")} order={job.Order} progress={job.Progress?.Done} items={job.ItemFailures} error={job.Error?.Type} reason={job.Reason} finished={Moment(job.FinishedAt)} expires={Moment(job.ExpiresAt)}";

    private static string? QueueOrAll(int number) => number < Step.Queues.Length ? Step.Queues[number] : null;

    private static string Sorted(IEnumerable<string> names) => string.Join(' ', names.Order(StringComparer.Ordinal));

    private static string Text(ReadOnlyMemory<byte>? json) => json is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";

    private string Job(JobId id) => $"j{_jobs.FindIndex(j => j.Id == id)}";

    private string Run(RunKey key) => $"r{_runs.FindIndex(r => r.Key == key)}";

    private string Session(SessionId id) => $"s{_sessions.FindIndex(s => s.Session == id)}";

    private string Moment(DateTimeOffset? at) => at is { } moment ? (moment - _start).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) : "";
}
