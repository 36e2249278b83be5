using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>One job as names with values, for <c>show</c>.</summary>
internal static class JobSheet
{
    private const int BarWidth = 30;

    public static IReadOnlyList<(string Name, Cell Value)> Of(JobRecord job, CliContext cli)
    {
        var rows = new List<(string, Cell)>();
        if (!cli.Print.Rich)
            rows.AddRange([("id", job.Id), ("name", job.Name)]);
        Add(rows, "about", job.Description);
        rows.Add(("state", JobText.State(job)));
        if (job.WaitsFor is { } waits)
            rows.Add(("waits for", new(waits, Colour: "yellow")));
        if (JobText.Ordered(job, cli.Time) is { } ordered)
            rows.Add(("asked", new(ordered, Colour: "yellow")));
        Add(rows, "reason", job.Reason);
        AddProgress(rows, job, cli);
        AddRuns(rows, job);
        AddTimes(rows, job, cli);
        rows.Add(("queue", job.Priority == JobDefaults.Priority ? job.Queue : $"{job.Queue}, priority {job.Priority}"));
        Add(rows, "owner", job.Owner);
        Add(rows, "tags", job.Tags.Count > 0 ? string.Join(", ", job.Tags) : null);
        Add(rows, "unique key", job.UniqueKey);
        Add(rows, "continues", job.ContinueFrom?.ToString());
        Add(rows, "made by job", job.EnqueuedBy?.ToString());
        rows.Add(("payload", Payloads.Shown(job)));
        if (job.Result is { Length: > 0 } result)
            rows.Add(("result", Payloads.Short(result.Span)));
        if (job.Error is { } error)
            rows.Add(("error", ErrorOf(error, cli.Print.Rich)));
        return rows;
    }

    private static void AddProgress(List<(string, Cell)> rows, JobRecord job, CliContext cli)
    {
        if (job.Progress is not { } progress)
            return;
        var parts = new List<string>();
        if (progress.Fraction is { } fraction)
        {
            if (cli.Print.Rich)
                parts.Add(ProgressBar.Text(fraction, BarWidth, cli.Console.Unicode));
            parts.Add(Amount.Percent(fraction));
        }

        if (progress.Done is { } done)
            parts.Add(progress.Total is { } total ? $"{Amount.Number(done)} of {Amount.Number(total)}" : Amount.Number(done));
        if (job.State == JobState.Running && progress.Rate is { } rate)
            parts.Add($"{Amount.Number(rate)}/s");
        if (job.State == JobState.Running && progress.TimeLeft is { } left)
            parts.Add(When.Span(left) + " left");
        if (parts.Count > 0)
            rows.Add(("progress", new(string.Join("  ", parts), Colour: job.State == JobState.Running ? "green" : null)));
        Add(rows, "phase", progress.Phase);
        Add(rows, "note", progress.Note);
    }

    private static void AddRuns(List<(string, Cell)> rows, JobRecord job)
    {
        rows.Add(("attempt", $"{JobText.Attempt(job)} of {JobText.MaxAttempts(job)}"));
        rows.Add(("run", job.RunNumber == 0 ? "none yet" : $"{job.RunNumber}{(job.LostRuns > 0 ? $", {job.LostRuns} lost in a row" : "")}"));
        Add(rows, "worker", job.Worker);
        if (job.ItemFailures > 0)
            rows.Add(("items failed", new(Amount.Number(job.ItemFailures), Colour: "yellow")));
    }

    private static void AddTimes(List<(string, Cell)> rows, JobRecord job, CliContext cli)
    {
        rows.Add(("made", Time(job.CreatedAt, cli)));
        if (!JobText.HasEnded(job) && job.State != JobState.Running)
            rows.Add(("due", Time(job.DueAt, cli)));
        if (job.StartedAt is { } started)
            rows.Add(("started", Time(started, cli)));
        if (job.CheckpointAt is { } saved)
            rows.Add(("checkpoint", Time(saved, cli)));
        if (job.FinishedAt is { } finished)
            rows.Add(("ended", Ended(finished, job.StartedAt, cli)));
        if (job.ExpiresAt is { } expires)
            rows.Add(("kept until", Time(expires, cli)));
    }

    private static Cell Ended(DateTimeOffset finished, DateTimeOffset? started, CliContext cli)
    {
        var cell = Time(finished, cli);
        return started is { } start ? cell with { Text = $"{cell.Text}, {When.Span(finished - start)} after its start" } : cell;
    }

    private static Cell Time(DateTimeOffset moment, CliContext cli)
        => new($"{When.Local(moment, cli.Time)} ({When.Relative(moment, cli.Time)})", When.Plain(moment));

    private static Cell ErrorOf(JobError error, bool rich)
    {
        var line = $"{error.Type}: {error.Message}";
        return new(rich && error.Detail is { Length: > 0 } detail ? $"{line}\n{detail}" : line, line, "red");
    }

    private static void Add(List<(string, Cell)> rows, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            rows.Add((name, value));
    }
}
