using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api;

/// <summary>Actions on jobs by the words of addresses and bodies.</summary>
internal static class ActionWords
{
    public static readonly IReadOnlyDictionary<string, JobAction> All = new Dictionary<string, JobAction>(StringComparer.Ordinal)
    {
        ["cancel"] = JobAction.Cancel,
        ["retry"] = JobAction.Retry,
        ["retry-items"] = JobAction.RetryItems,
        ["release"] = JobAction.Release,
        ["pause"] = JobAction.Pause,
        ["resume"] = JobAction.Resume,
        ["restart"] = JobAction.Restart,
        ["delete"] = JobAction.Delete,
    };

    public static string Word(JobAction action) => action == JobAction.ReleaseAndResetAttempts ? "release" : All.First(pair => pair.Value == action).Key;

    public static JobAction Parse(string? word)
        => word is not null && All.TryGetValue(word, out var action)
            ? action : throw ApiProblem.Invalid("action", $"action must be one of {string.Join(", ", All.Keys)}, but was {Quoted.Text(word)}.");

    /// <summary>The states that an action on all that match is meant for, when the filter names none.</summary>
    public static IReadOnlyList<JobState> Fitting(JobAction action) => action switch
    {
        JobAction.Cancel or JobAction.Release => [JobState.Waiting, JobState.Pending, JobState.Running, JobState.Paused],
        JobAction.Pause => [JobState.Waiting, JobState.Pending, JobState.Running],
        JobAction.Resume => [JobState.Paused],
        JobAction.Retry => [JobState.Failed, JobState.Cancelled],
        JobAction.RetryItems => [JobState.Completed, JobState.Failed],
        _ => [],
    };

    /// <summary>What is told of an answer; null: it is a refusal.</summary>
    public static string? Status(JobAction action, ActionAnswer answer) => answer.Status switch
    {
        ActionStatus.Done => "done",
        ActionStatus.Ordered => "ordered",
        ActionStatus.WrongState => (action, answer.State) switch
        {
            (JobAction.Cancel, JobState.Completed or JobState.Failed or JobState.Cancelled) => "already_terminal",
            (JobAction.Pause, JobState.Paused) or (JobAction.Resume or JobAction.Retry, JobState.Pending) or (JobAction.Resume, JobState.Running) => "already_there",
            _ => null,
        },
        _ => null,
    };
}
