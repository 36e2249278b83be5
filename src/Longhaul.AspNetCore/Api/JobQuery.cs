using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Mvc;

namespace Longhaul.AspNetCore.Api;

/// <summary>Which jobs, in the address.</summary>
internal record JobQuery : ListQuery
{
    /// <summary>Any of these states.</summary>
    [FromQuery(Name = "state")]
    public string[]? State { get; init; }

    /// <summary><c>scheduled</c>, <c>retrying</c> or <c>stuck</c>.</summary>
    [FromQuery(Name = "derived")]
    public string? Derived { get; init; }

    /// <summary>A queue, or a pattern with <c>*</c>.</summary>
    [FromQuery(Name = "queue")]
    public string? Queue { get; init; }

    /// <summary>A job name, or a pattern with <c>*</c>.</summary>
    [FromQuery(Name = "name")]
    public string? Name { get; init; }

    /// <summary>A tag.</summary>
    [FromQuery(Name = "tag")]
    public string? Tag { get; init; }

    /// <summary>An owner.</summary>
    [FromQuery(Name = "owner")]
    public string? Owner { get; init; }

    /// <summary>A text inside payload, description or error.</summary>
    [FromQuery(Name = "text")]
    public string? Text { get; init; }

    /// <summary>These ids.</summary>
    [FromQuery(Name = "id")]
    public string[]? Ids { get; init; }

    /// <summary>Created at or after.</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>Created before.</summary>
    [FromQuery(Name = "before")]
    public string? Before { get; init; }

    /// <summary>Failed alike: the key of one of <c>failed/groups</c>. Without a state: failed jobs.</summary>
    [FromQuery(Name = "group")]
    public string? Group { get; init; }

    /// <summary><c>newest</c> (default) or <c>oldest</c> first.</summary>
    [FromQuery(Name = "order")]
    public string? Order { get; init; }

    public string? ErrorGroup => ManyActionRoutes.Group(Group);

    public JobFilter Filter(Caller caller) => new()
    {
        States = Filters.States(State?.SelectMany(static text => text.Split(',')) ?? Implied()),
        Derived = Filters.Derived(Derived),
        Queue = Filters.Pattern("queue", Queue),
        Name = Filters.Pattern("name", Name),
        Tag = Filters.Tag(Tag),
        Owner = Filters.Owner(Owner, caller),
        Text = Filters.Text(Text),
        Ids = Filters.Ids(Ids?.SelectMany(static text => text.Split(',')) ?? []),
        CreatedFrom = Filters.Moment("from", From is null ? null : Json.Moment.Parse(From)),
        CreatedBefore = Filters.Moment("before", Before is null ? null : Json.Moment.Parse(Before)),
        OldestFirst = Order switch
        {
            null or "newest" => false,
            "oldest" => true,
            _ => throw ApiProblem.Invalid("order", $"order must be newest or oldest, but was {Quoted.Text(Order)}."),
        },
    };

    // A store finds the few of a state at once, and looks through all jobs for what only a state can have.
    private string[] Implied() => (Group, Derived) switch
    {
        (not null, _) => [Filters.Word(JobState.Failed)],
        (_, "stuck") => [Filters.Word(JobState.Running)],
        (_, "scheduled" or "retrying") => [Filters.Word(JobState.Pending)],
        _ => [],
    };
}
