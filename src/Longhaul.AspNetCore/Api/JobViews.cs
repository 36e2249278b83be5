using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Problems;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api;

/// <summary>Jobs as they are told, and the way to one.</summary>
internal static class JobViews
{
    /// <summary>Larger payloads and results are not sent with the job: see <c>…/payload</c>.</summary>
    public const int ShownBytes = 64 << 10;

    /// <summary>After this an order that is not carried out is shown as not responding.</summary>
    private static readonly TimeSpan RespondsWithin = TimeSpan.FromSeconds(30);

    extension(LonghaulHttp http)
    {
        /// <summary>The job of an address. One that is not there, is none, or is another owner's, is the same 404.</summary>
        public async Task<JobRecord> FindAsync(string id, Caller caller, CancellationToken cancellationToken)
        {
            if (!JobId.TryParse(id, null, out var parsed))
                throw ApiProblem.NotFound();
            var job = await http.Store.GetJobAsync(parsed, cancellationToken).ConfigureAwait(false);
            return job is not null && caller.Sees(job) ? job : throw ApiProblem.NotFound();
        }

        public JobView Show(JobRecord job) => Fill(http, job);

        /// <summary>The job with all that belongs to it.</summary>
        public async ValueTask<JobDetailView> ShowWholeAsync(JobRecord job, Caller caller)
        {
            var isShown = job.Payload.Length <= ShownBytes;
            var resultBytes = job.Result?.Length ?? 0;
            return new JobDetailView(Fill(http, job) with { Error = ErrorView.Of(job.Error) })
            {
                Payload = isShown ? http.PayloadOf(job) : null,
                PayloadBytes = job.Payload.Length,
                PayloadTruncated = !isShown,
                Result = resultBytes <= ShownBytes ? RawJson.Of(job.Result) : null,
                ResultBytes = resultBytes,
                Policy = PolicyView.Of(job.Policy),
                Actions = await ActionsAsync(job, caller).ConfigureAwait(false),
            };
        }

        /// <summary>The payload with its secrets masked.</summary>
        public RawJson? PayloadOf(JobRecord job) => RawJson.Of(http.Instance.Mask.Mask(job.Name, job.Payload.Span));
    }

    /// <summary>The current or next attempt, 1 at the first; of a failed job the last one.</summary>
    private static int Attempt(JobRecord job) => job.State == JobState.Failed ? Math.Max(1, job.FailedAttempts) : job.FailedAttempts + 1;

    private static JobView Fill(LonghaulHttp http, JobRecord job)
    {
        var policy = http.Instance.Registry.Find(job.Name)?.Policy;
        return new JobView
        {
            Id = job.Id.Value,
            Name = job.Name,
            Description = job.Description,
            Queue = job.Queue,
            Priority = job.Priority,
            State = job.State,
            Derived = job.Derived == DerivedState.None ? null : job.Derived,
            WaitsFor = job.WaitsFor,
            Progress = job.Progress is { } progress ? ProgressView.Of(progress) : null,
            ProgressAt = job.ProgressAt,
            Attempt = Attempt(job),
            MaxAttempts = Math.Max(job.Policy?.MaxAttempts ?? policy?.MaxAttempts ?? JobDefaults.MaxAttempts, Attempt(job)),
            Run = job.RunNumber,
            LostRuns = job.LostRuns,
            MaxLostRuns = job.Policy?.MaxLostRuns ?? policy?.MaxLostRuns ?? JobDefaults.MaxLostRuns,
            Worker = job.Worker,
            Session = job.Session?.ToString(),
            Owner = job.Owner,
            Tags = job.Tags,
            UniqueKey = job.UniqueKey,
            CreatedAt = job.CreatedAt,
            AvailableAt = job.DueAt,
            StartedAt = job.StartedAt,
            RunStartedAt = job is { State: JobState.Running, RunNumber: 1 } ? job.StartedAt : null,
            UpdatedAt = job.UpdatedAt,
            FinishedAt = job.FinishedAt,
            ExpiresAt = job.ExpiresAt,
            Order = job.Order,
            OrderedAt = job.OrderedAt,
            NotResponding = job.OrderedAt is { } ordered && http.Now - ordered > RespondsWithin,
            Reason = job.Reason,
            Error = ErrorView.Of(job.Error, whole: false),
            ItemFailures = job.ItemFailures,
            Checkpoint = job.CheckpointAt is { } saved ? new CheckpointView(saved) : null,
            ContinueFrom = job.ContinueFrom?.Value,
            EnqueuedBy = job.EnqueuedBy?.Value,
        };
    }

    private static async ValueTask<IReadOnlyList<string>> ActionsAsync(JobRecord job, Caller caller)
    {
        var actions = new List<string>();
        var isOurs = job.Name == ActOnJobs.Name;
        var runsAgain = !isOurs || await caller.MayAsync(Role.Admin).ConfigureAwait(false);
        if (await caller.MayAsync(Role.Operate).ConfigureAwait(false))
        {
            var isOpen = job.State is JobState.Waiting or JobState.Pending or JobState.Running or JobState.Paused;
            Add("cancel", isOpen && job.Order != RunOrderKind.Cancel);
            Add("pause", job.State is JobState.Waiting or JobState.Pending or JobState.Running && job.Order is null);
            Add("resume", job.State == JobState.Paused || job.Order == RunOrderKind.Pause);
            Add("release", isOpen);
            Add("retry", runsAgain && job.State is (JobState.Failed or JobState.Cancelled));
            Add("retry-items", job.State is JobState.Completed or JobState.Failed && job.ItemFailures > 0);
            Add("restart", runsAgain);
            Add("clone", !isOurs);
        }

        if (await caller.MayAsync(Role.Admin).ConfigureAwait(false))
            actions.Add("delete");
        return actions;

        void Add(string action, bool fits)
        {
            if (fits)
                actions.Add(action);
        }
    }
}
