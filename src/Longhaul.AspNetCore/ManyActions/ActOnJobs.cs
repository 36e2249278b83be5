using Longhaul.Storage;

namespace Longhaul.AspNetCore.ManyActions;

/// <summary>The job that acts on all jobs that match, when they are many.</summary>
[Job(Name, Queue = QueueName, Priority = 0)]
internal sealed record ActOnJobs(string Action, JobSelection Jobs, string? By, string? Reason, long Matched)
{
    public const string Name = "longhaul.actions";

    public const string QueueName = "longhaul";
}

/// <summary>Which jobs, as it is kept in a payload.</summary>
internal sealed record JobSelection(
    IReadOnlyList<JobState> States, DerivedState? Derived, string? Queue, string? Name, string? Tag, string? Owner, string? Text, IReadOnlyList<long> Ids,
    DateTimeOffset? From, DateTimeOffset? Before, string? Group)
{
    /// <summary>Oldest first: a job's id never changes, so none is met twice.</summary>
    public JobFilter Filter() => new()
    {
        States = States,
        Derived = Derived,
        Queue = Queue,
        Name = Name,
        Tag = Tag,
        Owner = Owner,
        Text = Text,
        Ids = [.. Ids.Select(static id => new JobId(id))],
        CreatedFrom = From,
        CreatedBefore = Before,
        OldestFirst = true,
    };

    /// <summary>Whether a job that the filter lets through is meant: errors of one group have no filter in the store, and no job acts on itself.</summary>
    public bool Means(JobRecord job) => job.Name != ActOnJobs.Name && (Group is null || ErrorGroup.Of(job) == Group);

    public static JobSelection Of(JobFilter filter, string? group) => new(
        filter.States, filter.Derived, filter.Queue, filter.Name, filter.Tag, filter.Owner, filter.Text, [.. filter.Ids.Select(static id => id.Value)],
        filter.CreatedFrom, filter.CreatedBefore, group);
}
