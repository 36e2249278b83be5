using System.Data.Common;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Client;

/// <summary>Enqueues a stream of payloads in thousands. The next thousand is made while the last one is being written.</summary>
internal sealed class BulkEnqueue(JobMaker maker, JobWriter writer, EnqueueOptions? options, IProgress<long>? accepted)
{
    private const int BatchSize = 1_000;
    private const int LargestIdBlock = 10_000;

    private readonly string? _traceParent = JobMaker.TraceParent();
    private (JobType Type, JobTemplate Template)? _last;
    private JobId _nextId;
    private int _idsLeft;
    private int _idBlock = BatchSize;
    private long _accepted;
    private long _created;

    /// <returns>How many jobs were created.</returns>
    public async Task<long> RunAsync<TJob>(IAsyncEnumerable<TJob> jobs, CancellationToken cancellationToken) where TJob : notnull
    {
        var batch = new List<NewJob>(BatchSize);
        var writing = Task.CompletedTask;
        try
        {
            await foreach (var job in jobs.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                batch.Add(Make(job));
                if (batch.Count < BatchSize)
                    continue;
                await writing.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                writing = WriteAsync([.. batch], cancellationToken);
                batch.Clear();
            }

            await writing.ConfigureAwait(false);
            if (batch.Count > 0)
                await WriteAsync([.. batch], cancellationToken).ConfigureAwait(false);
            return _created;
        }
        finally
        {
            // When making the next thousand failed, the last one must still be told of. Its own error comes second.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>All or nothing: every payload is checked before the first is written.</summary>
    public async Task<long> RunAsync<TJob>(IEnumerable<TJob> jobs, DbTransaction transaction, CancellationToken cancellationToken) where TJob : notnull
    {
        var all = jobs.Select(Make).ToArray();
        foreach (var batch in all.Chunk(BatchSize))
        {
            var first = await writer.TakeIdsAsync(batch.Length, transaction, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < batch.Length; i++)
                batch[i] = batch[i] with { Id = new JobId(first.Value + i) };
            Count(batch, await writer.WriteAsync(batch, transaction, cancellationToken).ConfigureAwait(false));
        }

        return _created;
    }

    private NewJob Make<TJob>(TJob job) where TJob : notnull
    {
        var type = maker.TypeOf(job);
        if (_last is not { } last || last.Type != type)
            _last = last = (type, maker.TemplateFor(type, options));
        return last.Template.Make(default, writer.NextNonce(), JobMaker.Serialize(type, job), _traceParent);
    }

    private async Task WriteAsync(NewJob[] batch, CancellationToken cancellationToken)
    {
        for (var i = 0; i < batch.Length; i++)
            batch[i] = batch[i] with { Id = await NextIdAsync(batch.Length - i, cancellationToken).ConfigureAwait(false) };
        Count(batch, await writer.WriteAsync(batch, null, cancellationToken).ConfigureAwait(false));
        accepted?.Report(_accepted);
    }

    private void Count(NewJob[] batch, IReadOnlyList<EnqueueAnswer> answers)
    {
        for (var i = 0; i < batch.Length; i++)
        {
            if (EnqueueAnswers.Result(answers[i], batch[i]).Created)
                _created++;
        }

        _accepted += batch.Length;
    }

    // Blocks double, so that at most half of the ids taken for a stream go unused.
    private async ValueTask<JobId> NextIdAsync(int needed, CancellationToken cancellationToken)
    {
        if (_idsLeft == 0)
        {
            _idsLeft = needed < BatchSize ? needed : _idBlock; // a short batch is the last one
            _nextId = await writer.TakeIdsAsync(_idsLeft, null, cancellationToken).ConfigureAwait(false);
            _idBlock = Math.Min(_idBlock * 2, LargestIdBlock);
        }

        var id = _nextId;
        _nextId = new JobId(id.Value + 1);
        _idsLeft--;
        return id;
    }
}
