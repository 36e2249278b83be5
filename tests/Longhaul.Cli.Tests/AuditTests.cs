using Longhaul.Cli.Tests.Support;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

/// <summary>Every deed of the command line leaves a line that says who, what, to what, why and what became of it.</summary>
public sealed class AuditTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("cancel 2 --reason 'wrong folder'", "cancel | 2 | wrong folder | done")]
    [InlineData("pause 2 1 99 --reason later", "pause | 2 1 99 | later | done 1, ordered 0, skipped 2")]
    [InlineData("resume 2", "resume | 2 |  | wrong_state")]
    [InlineData("release 2", "release | 2 |  | done")]
    [InlineData("queue/release 2", "queue/release | 2 |  | done")]
    [InlineData("forget 1", "forget | 1 |  | done")]
    [InlineData("retry 1", "retry | 1 |  | done")]
    [InlineData("retry 1 --from-start", "retry --from-start | 1 |  | done")]
    [InlineData("retry all", "retry | all failed |  | done 1, skipped 0")]
    [InlineData("retry --queue default --name test.*", "retry | all failed of queue default named test.* |  | done 1, skipped 0")]
    [InlineData("pause --queue emails,reports --reason 'the mail server is away'", "pause queue | emails | the mail server is away | done", "pause queue | reports | the mail server is away | done")]
    [InlineData("resume --queue emails", "resume queue | emails |  | done")]
    [InlineData("clear --yes", "clear queue | default |  | deleted 1")]
    [InlineData("clear --all --yes", "clear queue | all queues |  | deleted 1")]
    [InlineData("flush --yes", "delete failed | all queues |  | deleted 1")]
    [InlineData("restart", "restart workers | 0 workers |  | ordered")]
    [InlineData("recover --older-than 5m", "recover | not heard of for 5 min |  | recovered 0, failed 0, dead 0")]
    public async Task A_deed_leaves_its_line(string line, params string[] expected)
    {
        await _world.AddFailedAsync();
        await _world.AddAsync();

        await _world.RunAsync(line);

        var audit = (await _world.Store.ListAuditAsync(new PageRequest(10), Cancel)).Items;
        audit.Reverse().Select(static record => $"{record.Action} | {record.Target} | {record.Reason} | {record.Outcome}").ShouldBe(expected);
        audit.ShouldAllBe(static record => record.By == "ann" && record.Origin == "command line");
    }

    [Fact]
    public async Task What_only_looks_or_is_refused_leaves_none()
    {
        await _world.AddAsync();
        foreach (var line in (string[])["jobs", "show 1", "info", "logs", "clear", "flush", "pause", "retry", "forget 1"])
            await _world.RunAsync(line);

        (await _world.Store.ListAuditAsync(new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deed_whose_line_cannot_be_written_is_done_and_says_so()
    {
        await using var world = new World(static store => Interposed.Around(store, static (method, _) =>
        {
            if (method == nameof(IJobStore.WriteAuditAsync))
                throw new StoreException("the disk is full");
        }));
        var id = await world.AddAsync();

        var run = (await world.RunAsync($"cancel {id}")).Ends(0);

        run.Out.ShouldContain("cancelled");
        run.Error.ShouldContain("not noted in the audit: the disk is full");
    }
}
