using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>Writes a list of jobs, however long: in a pipe each page as it comes.</summary>
internal static class JobList
{
    public static async Task<int> WriteAsync(CliContext cli, JobFilter filter, int limit, string? after, ListForm form, CancellationToken cancellationToken)
    {
        var store = await cli.StoreAsync(cancellationToken).ConfigureAwait(false);
        var jobs = new List<JobRecord>();
        string? next = null;
        try
        {
            await foreach (var page in Pages.WalkAsync((request, ct) => store.ListJobsAsync(filter, request, ct), limit, after, cancellationToken).ConfigureAwait(false))
            {
                next = page.Next;
                if (cli.Json || cli.Print.Rich)
                    jobs.AddRange(page.Items);
                else
                    foreach (var job in page.Items)
                        cli.Print.Fields(form.Row(job, cli));
            }
        }
        catch (ArgumentException) when (after is not null)
        {
            throw CliException.WrongUse($"--after: '{after}' is not from a list of this store", "take it from the end of the last list");
        }

        if (cli.Json)
            cli.Print.Object(new { jobs = jobs.Select(JobView.Of), next });
        else if (cli.Print.Rich)
            cli.Print.Table(form.Columns, [.. jobs.Select(job => form.Row(job, cli))], form.Empty);
        if (next is not null && cli.Print.Rich)
            cli.Print.Note($"There are more: --limit N, or --after {next}");
        return ExitCode.Done;
    }
}

/// <summary>How a list of jobs looks.</summary>
internal sealed record ListForm(IReadOnlyList<Column> Columns, Func<JobRecord, CliContext, Cell[]> Row, string Empty);
