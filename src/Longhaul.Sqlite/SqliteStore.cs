using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Keeps jobs in a SQLite file: for one machine, any number of processes, no server.</summary>
public sealed partial class SqliteStore : IJobStore
{
    private readonly SqliteOptions _options;
    private readonly StoreClock _clock;
    private readonly StoreFile _file;
    private readonly JobReader _jobs;
    private readonly JobLister _lister;
    private readonly Overview _overview;
    private readonly RunReader _runs;
    private readonly ClaimPeek _peek;
    private readonly WakeHub _wake;
    private readonly CallerTransactions _callers;
    private Writer? _writer;

    /// <summary>Makes a store on a file; nothing is opened before <see cref="OpenAsync"/>.</summary>
    public SqliteStore(SqliteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _clock = new(options.Clock);
        _file = new(options);
        _jobs = new(_file, _clock);
        _lister = new(_file, _clock);
        _overview = new(_file, _clock);
        _runs = new(_file);
        _peek = new(_file, _clock);
        _wake = new(_file, _clock);
        _callers = new(_file, _clock);
        Info = new("sqlite", _file.Path, StoreCapabilities.Transactions | StoreCapabilities.GlobalOrder | StoreCapabilities.Durability | StoreCapabilities.ManyProcesses | StoreCapabilities.Records);
    }

    /// <inheritdoc/>
    public StoreInfo Info { get; }

    /// <inheritdoc/>
    public long WakeStamp => _wake.Stamp;

    internal Writer Writer => _writer ?? throw new InvalidOperationException($"The store {_file.Path} must be opened first: call {nameof(OpenAsync)}.");

    /// <inheritdoc/>
    public Task OpenAsync(bool migrate, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            _file.Prepare(migrate);
            _writer ??= new(new WriterConnection(_file, _clock, _options, _wake.Arrived));
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 10_000);
        return transaction is null
            ? new(Writer.RunAsync(tx => tx.Enqueue.TakeIds(count), cancellationToken, durable: false))
            : new(_callers.Run(transaction, tx => tx.Enqueue.TakeIds(count)));
    }

    /// <inheritdoc/>
    public int MostJobsTogether => 10_000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        if (jobs.Count > MostJobsTogether)
            throw new ArgumentException($"A call takes at most {MostJobsTogether:N0} jobs, but had {jobs.Count}; write them in parts.", nameof(jobs));
        cancellationToken.ThrowIfCancellationRequested();
        if (jobs.Count == 0)
            return [];
        return transaction is null
            ? await Writer.RunAsync(tx => tx.Enqueue.Run(jobs), cancellationToken, jobs.Count, grows: true, kind: "enqueue").ConfigureAwait(false)
            : _callers.Run(transaction, tx => tx.Enqueue.Run(jobs));
    }

    /// <inheritdoc/>
    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (_peek.TryAnswer(request) is { } nothing)
            return nothing;
        while (true)
        {
            var answer = await Writer.RunAsync(tx => tx.Claim.Run(request), cancellationToken, request.Slots + request.Prefetch, durable: false, kind: "claim").ConfigureAwait(false);
            if (answer is null)
                continue; // much has become due at once, and is promoted in parts
            _peek.Found(answer);
            return answer;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settlements);
        if (settlements.Count == 0)
            return [];
        return AllOf(await Writer.RunAsync(tx => tx.Settle.Run(settlements), cancellationToken, settlements.Count, kind: "settle").ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        ArgumentNullException.ThrowIfNull(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(AllOf(_callers.Run(transaction, tx => tx.Settle.Run([settlement])))[0]);
    }

    /// <inheritdoc/>
    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Writer.RunAsync(
            tx =>
            {
                foreach (var run in runs)
                    tx.Ends.EndHold(run);
                return true;
            },
            cancellationToken,
            runs.Count);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(updates);
        if (updates.Count == 0)
            return [];
        return AllOf(await Writer.RunAsync(tx => tx.Update.Run(updates), cancellationToken, updates.Count, kind: "flush").ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_callers.Run(transaction, tx => tx.Update.Run(update)));
    }

    /// <inheritdoc/>
    public Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => _wake.WaitAsync(queues, seen, atMost, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _wake.Dispose();
        _peek.Dispose();
        if (_writer is { } writer)
            await Task.Run(writer.Dispose).ConfigureAwait(false);
        _file.CloseReaders();
        _callers.Dispose();
    }

    private static T[] AllOf<T>(Answers<T> answers) => answers.Refusal is { } refusal ? throw refusal : answers.All;
}
