using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Client;
using Longhaul.Jobs;

namespace Longhaul.AspNetCore.Api;

/// <summary>Makes options of what a request says of a new job. The client checks what they hold; here is checked what JSON may say and they cannot.</summary>
internal static class JobOptionsReader
{
    public static EnqueueOptions Read(JobOptionsRequest request, Caller caller, int? index)
    {
        var options = new EnqueueOptions
        {
            Queue = request.Queue,
            Priority = Priority(request.Priority, index),
            Delay = Length("delay", request.Delay, index),
            RunAt = RunAt(request.RunAt, index),
            UniqueKey = request.UniqueKey,
            UniqueScope = Scope(request.UniqueScope, index),
            UniqueFor = Length("uniqueFor", request.UniqueFor, index),
            Owner = Owner(request.Owner, caller, index),
            Tags = request.Tags,
            MaxAttempts = request.MaxAttempts,
            RetryDelay = Length("retryDelay", request.RetryDelay, index),
            MaxRetryDelay = Length("maxRetryDelay", request.MaxRetryDelay, index),
            RetryJitter = request.RetryJitter,
            Timeout = Length("timeout", request.Timeout, index),
            ShutdownTimeout = Length("shutdownTimeout", request.ShutdownTimeout, index),
            StallAfter = Length("stallAfter", request.StallAfter, index),
            MaxLostRuns = request.MaxLostRuns,
            Retention = Length("retention", request.Retention, index),
            ContinueFrom = request.ContinueFrom is { } from ? new JobId(from) : null,
            Description = request.Description,
        };
        Guarded(() => EnqueueCheck.Check(options), index);
        return options;
    }

    /// <summary>Calls the client's own checks, and tells what they throw as a problem.</summary>
    public static T Guarded<T>(Func<T> check, int? index)
    {
        try
        {
            return check();
        }
        catch (ArgumentException e)
        {
            throw Problem(e, index);
        }
    }

    public static ApiProblem Problem(ArgumentException error, int? index)
    {
        var message = error.ParamName is { } name ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : error.Message;
        return ApiProblem.Invalid(MemberOf(message), message, index);
    }

    private static void Guarded(Action check, int? index) => Guarded(
        () =>
        {
            check();
            return true;
        },
        index);

    // The messages of the client begin with the option's name: "Queue must be …", "A tag must have …", "The payload of job …".
    private static string MemberOf(string message)
    {
        if (message.StartsWith("A tag", StringComparison.Ordinal))
            return "tags";
        if (message.StartsWith("The payload", StringComparison.Ordinal))
            return "payload";
        if (message.StartsWith("A job name", StringComparison.Ordinal))
            return "name";
        var word = message.Split(' ', 2)[0];
        return typeof(JobOptionsRequest).GetProperty(word) is null ? "job" : char.ToLowerInvariant(word[0]) + word[1..];
    }

    private static byte? Priority(int? priority, int? index)
        => priority is null or (>= 0 and <= 255) ? (byte?)priority : throw ApiProblem.Invalid("priority", $"priority must be from 0 (first) to 255 (last), but was {priority}.", index);

    private static TimeSpan? Length(string member, Duration? length, int? index) => length switch
    {
        null => null,
        { Value: { } value } => value,
        _ => throw ApiProblem.Invalid(
            member, $"{member} must be a number of seconds that is not negative, or a duration of days to seconds such as PT1H30M, but was {Quoted.Text(length.Value.Text)}.", index),
    };

    private static DateTimeOffset? RunAt(Moment? moment, int? index) => moment switch
    {
        null => null,
        { Value: { } value } => value,
        _ => throw ApiProblem.Invalid(
            "runAt", $"runAt must be a moment with an offset, such as 2026-11-28T20:15:00Z, between 1971 and 9998, but was {Quoted.Text(moment.Value.Text)}.", index),
    };

    private static UniqueScope Scope(string? word, int? index) => word switch
    {
        null or "untilFinished" => UniqueScope.UntilFinished,
        "untilStarted" => UniqueScope.UntilStarted,
        "window" => UniqueScope.Window,
        _ => throw ApiProblem.Invalid("uniqueScope", $"uniqueScope must be untilFinished, untilStarted or window, but was {Quoted.Text(word)}.", index),
    };

    private static string? Owner(string? owner, Caller caller, int? index)
        => caller.Owner is { } own && owner is not null && owner != own
            ? throw ApiProblem.Invalid("owner", "owner must be the caller's own, but is another. Leave it out.", index)
            : caller.Owner ?? owner;
}
