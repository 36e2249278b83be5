using System.Collections;
using System.Runtime.InteropServices;
using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>
/// Plain completions of young runs, in columns: a row for each row of <c>lh_young</c>, with a bit for each run that has ended. Which row, and which
/// bit, the token says; whether it is so, the store says.
/// </summary>
internal sealed class YoungColumns(IReadOnlyList<Settlement> settlements)
{
    /// <summary>Of a token: the run's number in its row.</summary>
    public const int PlaceBits = 10;

    public const long PlaceMask = (1 << PlaceBits) - 1;

    private readonly List<Row> _rows = [];
    private Row? _latest;

    public int Count => _rows.Count;

    /// <summary>Whether a token is of a run that was young when it was claimed.</summary>
    public static bool IsYoung(long token) => token >= 0;

    /// <summary>Takes a settlement, or leaves it: it is of another run, or says something else than its neighbours.</summary>
    public bool TryAdd(int place)
    {
        var settlement = settlements[place];
        var (job, token) = settlement.Key;
        if (!IsYoung(token))
            return false;
        var number = (int)(token & PlaceMask);
        var row = RowOf(token >> PlaceBits, job.Value - number, Moments.From(settlement.Retention));
        if (row.First != job.Value - number || row.Retention != Moments.From(settlement.Retention) || row.Ended[number])
            return false;
        row.Ended[number] = true;
        row.Places.Add(place);
        return true;
    }

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        _rows.Sort(static (a, b) => a.First.CompareTo(b.First)); // rows are locked in the order of their jobs
        parameters.AddColumn(NpgsqlDbType.Bigint, _rows.ConvertAll(static row => row.Secret));
        parameters.AddColumn(NpgsqlDbType.Bigint, _rows.ConvertAll(static row => row.First));
        parameters.AddColumn(NpgsqlDbType.Bit, _rows.ConvertAll(static row => row.Ended));
        parameters.AddColumn(NpgsqlDbType.Integer, _rows.ConvertAll(static row => row.Places.Count));
        parameters.AddColumn(NpgsqlDbType.Bigint, _rows.ConvertAll(static row => row.Retention));
    }

    /// <summary>Takes over the store's answer: the secrets of the rows that are settled, null for all; the rest must be settled one by one.</summary>
    public void Answer(long[]? settled, SettleAnswer[] answers, List<int> others)
    {
        foreach (var row in _rows)
        {
            if (settled is not null && !settled.Contains(row.Secret))
            {
                others.AddRange(row.Places);
                continue;
            }

            foreach (var place in CollectionsMarshal.AsSpan(row.Places))
                answers[place] = new(SettleStatus.Settled, JobState.Completed);
        }
    }

    private Row RowOf(long secret, long first, long retention)
    {
        if (_latest?.Secret == secret)
            return _latest;
        _latest = _rows.Find(row => row.Secret == secret);
        if (_latest is null)
            _rows.Add(_latest = new(secret, first, retention));
        return _latest;
    }

    private sealed class Row(long secret, long first, long retention)
    {
        public long Secret => secret;

        public long First => first;

        public long Retention => retention;

        public BitArray Ended { get; } = new(1 << PlaceBits);

        public List<int> Places { get; } = [];
    }
}
