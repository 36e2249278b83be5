using System.Data.Common;
using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Whatever a caller did in a transaction that it leaves open, workers go on with everything else.</summary>
public sealed class OpenTransactionTests : ConformanceTest<PostgresFixture>
{
    [Fact]
    public async Task A_duplicate_of_a_running_job_does_not_hold_up_its_end()
    {
        var key = new UniqueKey("k", UniqueScope.UntilFinished);
        var id = await EnqueueAsync(job => job with { Unique = key });
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        (await DuplicateAsync(transaction, key)).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, id));
        (await worker.EndAsync(run, Outcome.Completed)).ShouldBe(JobState.Completed);

        await transaction.CommitAsync(Cancel);
        await EnqueueAsync(job => job with { Unique = key }); // it is free
    }

    [Fact]
    public async Task A_job_that_is_to_see_what_its_duplicate_was_enqueued_for_is_passed_over_until_the_commit()
    {
        var key = new UniqueKey("k", UniqueScope.UntilStarted);
        var id = await EnqueueAsync(job => job with { Unique = key });
        var others = await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            (await DuplicateAsync(transaction, key)).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, id));

            (await worker.ClaimIdsAsync()).ShouldBe(others);
            var again = await worker.AskAsync(10);
            again.Runs.ShouldBeEmpty();
            again.NextDue.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));
            await transaction.CommitAsync(Cancel);
        }

        (await worker.ClaimIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_duplicate_of_a_job_that_has_started_meanwhile_is_a_job_of_its_own()
    {
        var key = new UniqueKey("k", UniqueScope.UntilStarted);
        var id = await EnqueueAsync(job => job with { Unique = key });
        await (await OpenWorkerAsync()).ClaimOneAsync(id);

        (await EnqueueAsync(job => job with { Unique = key })).ShouldNotBe(id);
    }

    [Fact]
    public async Task What_is_due_later_and_held_by_somebody_is_looked_for_with_a_pause()
    {
        var id = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromSeconds(10) });
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await RunAsync(connection, $"DELETE FROM jobs WHERE id = {id}");
        Clock.Advance(TimeSpan.FromSeconds(20));

        var answer = await (await OpenWorkerAsync()).AskAsync(10);

        answer.Runs.ShouldBeEmpty();
        answer.NextDue.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_repeat_that_waited_until_its_job_was_done_and_gone_makes_no_second_one(int together)
    {
        var jobs = await NewJobsAsync(together);
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await Store.EnqueueAsync([jobs[0]], transaction, Cancel);

        var repeat = Store.EnqueueAsync(jobs, null, Cancel);
        await Blocked.ByAsync(transaction, Cancel);
        // The write, the run and an end that keeps nothing, in one.
        await RunAsync(connection, $"DELETE FROM lh_ready; DELETE FROM lh_tally; DELETE FROM lh_job; INSERT INTO lh_gone (id, nonce, token, expires) VALUES ({jobs[0].Id}, {jobs[0].Nonce}, 1, 253402300799999999)");
        await transaction.CommitAsync(Cancel);

        (await repeat).Select(static answer => answer.Status).ShouldBe([EnqueueStatus.Repeated, .. Enumerable.Repeat(EnqueueStatus.Created, together - 1)]);
        (await DueIdsAsync()).ShouldBe(jobs.Skip(1).Select(static job => job.Id));
    }

    private async Task<EnqueueAnswer> DuplicateAsync(DbTransaction transaction, UniqueKey key)
    {
        var job = Make.Job(await Store.TakeIdsAsync(1, transaction, Cancel)) with { Unique = key };
        return (await Store.EnqueueAsync([job], transaction, Cancel)).ShouldHaveSingleItem();
    }

    private static async Task RunAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }
}

/// <summary>The same where runs share a row.</summary>
public sealed class YoungOpenTransactionTests : ConformanceTest<YoungFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_continues_from_a_job_holds_up_no_neighbour_of_it(bool hasEnded)
    {
        await EnqueueManyAsync(20);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(20);
        if (hasEnded)
            await Store.SettleAsync([.. runs.Take(10).Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel);
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var job = Make.Job(await Store.TakeIdsAsync(1, transaction, Cancel)) with { ContinueFrom = runs[5].Key.Job };

        (await Store.EnqueueAsync([job], transaction, Cancel)).ShouldHaveSingleItem().Status.ShouldBe(hasEnded ? EnqueueStatus.Created : EnqueueStatus.ContinuedJobLives);

        var rest = hasEnded ? runs.Skip(10).ToList() : [.. runs];
        (await Store.SettleAsync([.. rest.Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel)).ShouldAllBe(static answer => answer.Status == SettleStatus.Settled);
        (await ActAsync(JobAction.Delete, runs[4].Key.Job)).Status.ShouldBe(ActionStatus.Done);
    }

    [Fact]
    public async Task A_session_whose_run_somebody_holds_is_closed_as_far_as_it_goes()
    {
        await EnqueueManyAsync(20);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(20);
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await using var hold = new NpgsqlCommand("SELECT FROM lh_young FOR UPDATE", (NpgsqlConnection)connection, (NpgsqlTransaction)transaction);
            await hold.ExecuteNonQueryAsync(Cancel);

            await worker.CloseAsync().WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        }

        Clock.Advance(Make.Lease);
        await RecoverAsync();
        (await DueIdsAsync()).ShouldBe(runs.Select(static run => run.Key.Job));
    }
}
