using Longhaul.Testing;

namespace Longhaul.Docs.Tests;

// What is between the markers is quoted in docs/testing.md, word for word.

[Job("numbers.import")]
public sealed record ImportNumbers(int Count);

public sealed class ImportNumbersHandler(ICollection<int> written) : IJobHandler<ImportNumbers>
{
    public Task HandleAsync(ImportNumbers job, JobContext context, CancellationToken cancellationToken)
        => context.ForEachAsync(
            source: (int? after) => Enumerable.Range((after ?? 0) + 1, job.Count - (after ?? 0)),
            cursor: static number => number,
            body: (number, _) =>
            {
                written.Add(number);
                return Task.CompletedTask;
            });
}

[Trait("Part", "docs")]
public sealed class ImportNumbersTests
{
    #region snippet: test-resume
    [Fact]
    public async Task An_import_that_was_stopped_goes_on_where_it_was()
    {
        var written = new List<int>();
        var handler = new ImportNumbersHandler(written);

        var first = await JobTest.RunAsync(handler, new ImportNumbers(100), new JobTestOptions { StopAfterItems = 10 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(JobTestOutcome.HandedBack, first.Outcome);

        var second = await JobTest.RunAsync(handler, new ImportNumbers(100), resumeFrom: first, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(JobTestOutcome.Completed, second.Outcome);
        Assert.Equal(Enumerable.Range(1, 100), written);
    }
    #endregion
}
