using System.Runtime.ExceptionServices;
using StorageMigration.Commands;

namespace StorageMigration.Urls;

/// <summary>
/// Replaces addresses table by table, in the order of the keys. What is changed, its backup and the cursor go into one transaction: wherever the process
/// ends, its successor begins behind the last row that was changed for good.
/// </summary>
internal sealed class Replacement(ISiteDatabase site, ColumnRewriter rewriter, int batchSize, CommandOutput output, TimeProvider time)
{
    private const int MostTries = 6;
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(1);

    private readonly ReplacementLedger _ledger = new(site, time);
    private readonly Findings _findings = new(output);

    /// <summary>Does it, or what is left to do of it.</summary>
    /// <returns>How many rows hold an address still.</returns>
    public async Task<long> RunAsync(string command, AddressMapping mapping, string? cursor, CancellationToken cancellationToken)
    {
        var run = await _ledger.OpenAsync(command, mapping, cursor, cancellationToken);
        output.Line($"{(run.IsNew ? "Run" : run.IsFinished ? "Finished before: run" : "Going on with run")} {run.Id}: {mapping.From} -> {mapping.To}");
        var tables = await site.ReadTablesAsync(cancellationToken);
        var pace = new ProgressPace(output, time, tables.Sum(static table => table.Rows), run.Id);
        var (changed, left) = (0L, 0L);
        foreach (var table in tables)
        {
            if (table.SkippedBecause is not null)
            {
                left += await SiteWalk.TellSkippedAsync(site, table, rewriter.Needles, output, cancellationToken);
                continue;
            }

            var state = await _ledger.OpenTableAsync(run.Id, table, cancellationToken);
            pace.Add(table.Name, state.Seen);
            if (!state.IsDone && !run.IsFinished)
                state = await ReplaceAsync(run.Id, table, state, pace, cancellationToken);
            (changed, left) = (changed + state.Changed, left + state.Left);
        }

        await _ledger.FinishAsync(run.Id, cancellationToken);
        foreach (var (table, column, texts) in await _ledger.TotalsAsync(run.Id, cancellationToken))
            output.Line($"{table}.{SqlName.Show(column)}: changed {texts} texts");
        pace.End();
        output.Line($"Changed {changed} rows; what they held is in {SiteTables.Backup}. {left} rows hold an address still.");
        return left;
    }

    private async Task<TableState> ReplaceAsync(string run, SiteTable table, TableState state, ProgressPace pace, CancellationToken cancellationToken)
    {
        // Where nothing is changed, the cursor may lag behind in the database.
        var (saved, savedAt, isMore) = (state, time.GetTimestamp(), true);
        while (isMore)
        {
            var batch = await site.ScanAsync(table, rewriter.Needles, state.Cursor, batchSize, cancellationToken);
            var seen = state.Seen;
            foreach (var hit in SiteWalk.Pieces(batch.Hits))
            {
                var target = state with { Cursor = hit.Key, Seen = seen + hit.Number };
                saved = state = await ChangeAsync(run, table, saved, from: state.Cursor, target, cancellationToken);
                savedAt = time.GetTimestamp();
            }

            isMore = batch.Rows == batchSize;
            state = state with { Cursor = batch.Upper ?? state.Cursor, Seen = seen + batch.Rows, IsDone = !isMore };
            if (state != saved && (state.IsDone || time.GetElapsedTime(savedAt) >= SaveEvery))
            {
                await _ledger.AdvanceAsync(run, table, saved, state, cancellationToken);
                (saved, savedAt) = (state, time.GetTimestamp());
            }

            pace.Add(table.Name, batch.Rows, $"{state.Changed} rows of {table.Name} changed");
        }

        return state;
    }

    /// <summary>Changes the rows behind one key and up to that of the target state.</summary>
    private async Task<TableState> ChangeAsync(string run, SiteTable table, TableState saved, string from, TableState target, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            ExceptionDispatchInfo? failure;
            try
            {
                await site.BeginAsync(cancellationToken);
                await _ledger.AdvanceAsync(run, table, saved, target, cancellationToken);
                var (changes, left) = Plan(table, await site.ReadAsync(table, rewriter.Needles, from, target.Cursor, cancellationToken));
                var refused = changes.Count == 0 ? [] : await site.ChangeAsync(run, table, changes, cancellationToken);
                foreach (var row in refused)
                    left.Add((row.Key, "*", row.Reason));
                var leftRows = left.Select(static row => row.Key).Distinct(StringComparer.Ordinal).Count();
                var after = target with { Changed = target.Changed + changes.Count - refused.Count, Left = target.Left + leftRows };
                await _ledger.CountAsync(run, table, after, cancellationToken);
                await site.CommitAsync(cancellationToken);
                foreach (var (key, column, reason) in left)
                    _findings.Leave(table, key, column, reason);
                return after;
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            await site.RollbackAsync();
            if (attempt == MostTries || !site.IsPassing(failure.SourceException))
                failure.Throw();
            await Task.Delay(TimeSpan.FromMilliseconds(20 << attempt), time, cancellationToken);
        }
    }

    private (List<RowChange> Changes, List<(string Key, string Column, string Reason)> Left) Plan(SiteTable table, IReadOnlyList<SiteRow> rows)
    {
        var (changes, left) = (new List<RowChange>(), new List<(string, string, string)>());
        foreach (var row in rows)
        {
            var values = new List<ValueChange>();
            foreach (var (column, text, rewrite) in RowRewrites.Of(rewriter, table, row))
            {
                if (rewrite.LeftBecause is { } reason)
                    left.Add((row.Key, table.Columns[column].Name, reason));
                if (rewrite.Text is { } changed)
                    values.Add(new(column, text, changed));
            }

            if (values.Count > 0)
                changes.Add(new(row.Key, values));
        }

        return (changes, left);
    }
}
