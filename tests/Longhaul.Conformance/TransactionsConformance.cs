using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Enqueue and checkpoint in the caller's own transaction. Skipped by name where the store lacks <see cref="StoreCapabilities.Transactions"/>.</summary>
public abstract class TransactionsConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_store_without_transactions_refuses_them()
    {
        Assert.SkipWhen(Store.Info.Capabilities.HasFlag(StoreCapabilities.Transactions), "The store has transactions.");
        using var transaction = new ForeignTransaction();
        await EnqueueAsync();
        var run = await (await OpenWorkerAsync()).ClaimOneAsync();
        var job = await NewJobAsync();

        await Assert.ThrowsAsync<NotSupportedException>(async () => await Store.TakeIdsAsync(1, transaction, Cancel));
        await Assert.ThrowsAsync<NotSupportedException>(() => Store.EnqueueAsync([job], transaction, Cancel));
        await Assert.ThrowsAsync<NotSupportedException>(() => Store.SaveAsync(new RunUpdate { Key = run.Key }, transaction, Cancel));
        await Assert.ThrowsAsync<NotSupportedException>(() => Store.SettleAsync(Completion(run), transaction, Cancel));
        (await Store.GetJobAsync(job.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_committed_transaction_holds_the_job_and_the_callers_work()
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await WorkAsync(transaction, 1);
        var job = Make.Job(await Store.TakeIdsAsync(1, transaction, Cancel));
        (await Store.EnqueueAsync([job], transaction, Cancel)).ShouldBe([new EnqueueAnswer(EnqueueStatus.Created, job.Id)]);

        await transaction.CommitAsync(Cancel);

        (await WorksAsync(connection)).ShouldBe(1);
        (await DueIdsAsync()).ShouldBe([job.Id]);
    }

    [Fact]
    public async Task A_transaction_that_was_rolled_back_holds_neither()
    {
        await using var connection = await ConnectAsync();
        JobId id;
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await WorkAsync(transaction, 1);
            id = await Store.TakeIdsAsync(1, transaction, Cancel);
            await Store.EnqueueAsync([Make.Job(id)], transaction, Cancel);
            await transaction.RollbackAsync(Cancel);
        }

        (await WorksAsync(connection)).ShouldBe(0);
        (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        (await DueIdsAsync()).ShouldBeEmpty();
        await EnqueueAsync();
    }

    [Fact]
    public async Task What_was_written_after_a_savepoint_can_be_rolled_back_alone()
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var first = await Store.TakeIdsAsync(2, transaction, Cancel);
        await Store.EnqueueAsync([Make.Job(first)], transaction, Cancel);
        await transaction.SaveAsync("before", Cancel);
        await Store.EnqueueAsync([Make.Job(new JobId(first.Value + 1))], transaction, Cancel);
        await transaction.RollbackAsync("before", Cancel);
        await transaction.CommitAsync(Cancel);

        (await DueIdsAsync()).ShouldBe([first]);
    }

    [Fact]
    public async Task Before_the_commit_nobody_sees_the_job()
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var id = await Store.TakeIdsAsync(1, transaction, Cancel);
        await Store.EnqueueAsync([Make.Job(id)], transaction, Cancel);

        (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        (await Store.ListQueuesAsync(Cancel)).ShouldBeEmpty();

        await transaction.CommitAsync(Cancel);
        (await StateOfAsync(id)).ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task A_commit_wakes_who_waits()
    {
        await using var connection = await ConnectAsync();
        var worker = await OpenWorkerAsync();
        var seen = Store.WakeStamp;
        (await worker.ClaimAsync()).ShouldBeEmpty();
        var wait = Store.WaitForWorkAsync(null, seen, TimeSpan.FromHours(10), Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await Store.EnqueueAsync([Make.Job(await Store.TakeIdsAsync(1, transaction, Cancel))], transaction, Cancel);

        await transaction.CommitAsync(Cancel);

        await Await.AdvanceUntilAsync(Clock, TimeSpan.FromMilliseconds(10), wait, "the wake-up by a caller's commit");
    }

    [Fact]
    public async Task Unique_keys_and_repeats_are_answered_in_a_transaction_too()
    {
        var there = await EnqueueAsync(static job => job with { Unique = new UniqueKey("k", UniqueScope.UntilFinished) });
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var first = await Store.TakeIdsAsync(2, transaction, Cancel);
        var job = Make.Job(first);

        var answers = await Store.EnqueueAsync(
            [job, job, Make.Job(new JobId(first.Value + 1)) with { Unique = new UniqueKey("k", UniqueScope.UntilFinished) }], transaction, Cancel);
        await transaction.CommitAsync(Cancel);

        answers.ShouldBe([new(EnqueueStatus.Created, first), new(EnqueueStatus.Repeated, first), new(EnqueueStatus.Duplicate, there)]);
    }

    [Fact]
    public async Task A_checkpoint_commits_with_the_callers_work_or_not_at_all()
    {
        var (worker, run) = await RunningAsync();
        await using var connection = await ConnectAsync();
        for (var i = 1; i <= 4; i++)
        {
            await using var transaction = await connection.BeginTransactionAsync(Cancel);
            await WorkAsync(transaction, i);
            (await Store.SaveAsync(
                new RunUpdate
                {
                    Key = run.Key,
                    Checkpoint = Make.Checkpoint($"{i}"),
                    Progress = new ProgressRecord { Done = i },
                    Headway = true,
                },
                transaction,
                Cancel)).ShouldBe(WriteAnswer.Written);
            if (i % 2 == 0)
                await transaction.CommitAsync(Cancel);
            else
                await transaction.RollbackAsync(Cancel);
        }

        (await WorksAsync(connection)).ShouldBe(2);
        Make.Text(await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBe("4");
        (await GetAsync(run.Key.Job)).Progress.ShouldBe(new ProgressRecord { Done = 4 });
        (await worker.EndAsync(run, Outcome.Completed)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_lost_lease_is_told_inside_the_transaction_and_writes_nothing()
    {
        var (worker, run) = await RunningAsync();
        await RecoverAsync(null, worker);
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        (await Store.SaveAsync(new RunUpdate { Key = run.Key, Checkpoint = Make.Checkpoint("9"), Headway = true }, transaction, Cancel)).ShouldBe(WriteAnswer.LeaseLost);
        await transaction.CommitAsync(Cancel);

        (await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBeNull();
        (await GetAsync(run.Key.Job)).LostRuns.ShouldBe(1);
    }

    [Fact]
    public async Task A_transactional_checkpoint_is_headway_when_it_says_so()
    {
        var id = await EnqueueAsync();
        var dead = await OpenWorkerAsync();
        await dead.ClaimOneAsync(id);
        await RecoverAsync(null, dead);
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await using var connection = await ConnectAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await Store.SaveAsync(new RunUpdate { Key = run.Key, Checkpoint = Make.Checkpoint("1"), Headway = true }, transaction, Cancel);
            await transaction.CommitAsync(Cancel);
        }

        (await GetAsync(id)).LostRuns.ShouldBe(0);
    }

    [Fact]
    public async Task Jobs_that_a_run_enqueues_commit_with_its_checkpoint()
    {
        var (_, run) = await RunningAsync();
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        var child = Make.Job(await Store.TakeIdsAsync(1, transaction, Cancel));

        await Store.SaveAsync(new RunUpdate { Key = run.Key, Checkpoint = Make.Checkpoint("1"), Children = [child] }, transaction, Cancel);
        (await Store.GetJobAsync(child.Id, Cancel)).ShouldBeNull();
        await transaction.CommitAsync(Cancel);

        (await DueIdsAsync()).ShouldBe([child.Id]);
    }

    [Fact]
    public async Task A_completion_commits_with_the_callers_work_or_not_at_all()
    {
        var (worker, run) = await RunningAsync();
        await using var connection = await ConnectAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await WorkAsync(transaction, 1);
            (await Store.SettleAsync(Completion(run), transaction, Cancel)).ShouldBe(new SettleAnswer(SettleStatus.Settled, JobState.Completed));
            await transaction.RollbackAsync(Cancel);
        }

        (await StateOfAsync(run.Key.Job)).ShouldBe(JobState.Running);
        (await WorksAsync(connection)).ShouldBe(0);

        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await WorkAsync(transaction, 2);
            await Store.SettleAsync(Completion(run) with { Update = new RunUpdate { Key = run.Key, Result = "7"u8.ToArray() } }, transaction, Cancel);
            await transaction.CommitAsync(Cancel);
        }

        (await WorksAsync(connection)).ShouldBe(1);
        var job = await GetAsync(run.Key.Job);
        job.State.ShouldBe(JobState.Completed);
        Make.Text(job.Result).ShouldBe("7");
        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.AlreadyYours);
        (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().Completed.ShouldBe(1);
    }

    [Fact]
    public async Task A_run_that_was_taken_over_completes_nothing_in_a_transaction()
    {
        var (worker, run) = await RunningAsync();
        await RecoverAsync(null, worker);
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        (await Store.SettleAsync(Completion(run), transaction, Cancel)).Status.ShouldBe(SettleStatus.LeaseLost);
        await transaction.CommitAsync(Cancel);

        (await StateOfAsync(run.Key.Job)).ShouldBe(JobState.Pending);
    }

    private static Settlement Completion(ClaimedRun run) => Make.Settlement(run, Outcome.Completed);

    private async Task<(TestWorker Worker, ClaimedRun Run)> RunningAsync()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        return (worker, await worker.ClaimOneAsync(id));
    }

    private async Task<DbConnection> ConnectAsync()
    {
        Needs(StoreCapabilities.Transactions);
        var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "CREATE TABLE IF NOT EXISTS caller_work (id bigint PRIMARY KEY)";
        await command.ExecuteNonQueryAsync(Cancel);
        return connection;
    }

    private static async Task WorkAsync(DbTransaction transaction, int id)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "INSERT INTO caller_work (id) VALUES (@id)";
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@id";
        parameter.Value = (long)id;
        command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static async Task<long> WorksAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM caller_work";
        return Convert.ToInt64(await command.ExecuteScalarAsync(Cancel), System.Globalization.CultureInfo.InvariantCulture);
    }

    private sealed class ForeignTransaction : DbTransaction
    {
        public override System.Data.IsolationLevel IsolationLevel => System.Data.IsolationLevel.Serializable;

        protected override DbConnection? DbConnection => null;

        public override void Commit()
        {
        }

        public override void Rollback()
        {
        }
    }
}
