using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>The plain completions among some settlements that are of no young run, in columns, sorted by id: jobs that ran shortly and left nothing but their end.</summary>
internal sealed class PlainColumns
{
    private readonly List<int> _places;
    private readonly List<long> _ids;
    private readonly List<long> _tokens;
    private readonly List<long> _retentions;

    /// <param name="settlements">All.</param>
    /// <param name="young">Takes those of young runs.</param>
    /// <param name="others">Gets the places of those that are not plain.</param>
    public PlainColumns(IReadOnlyList<Settlement> settlements, YoungColumns young, List<int> others)
    {
        _places = new(settlements.Count);
        var sorted = true;
        for (var i = 0; i < settlements.Count; i++)
        {
            if (!IsPlain(settlements[i]))
            {
                others.Add(i);
                continue;
            }

            if (young.TryAdd(i))
                continue;

            sorted &= _places.Count == 0 || settlements[_places[^1]].Key.Job.Value < settlements[i].Key.Job.Value;
            _places.Add(i);
        }

        if (!sorted)
            Sort(settlements, others);
        (_ids, _tokens, _retentions) = (new(_places.Count), new(_places.Count), new(_places.Count));
        foreach (var place in _places)
        {
            var settlement = settlements[place];
            _ids.Add(settlement.Key.Job.Value);
            _tokens.Add(settlement.Key.Token);
            _retentions.Add(Moments.From(settlement.Retention));
        }
    }

    public int Count => _places.Count;

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddColumn(NpgsqlDbType.Bigint, _ids);
        parameters.AddColumn(NpgsqlDbType.Bigint, _tokens);
        parameters.AddColumn(NpgsqlDbType.Bigint, _retentions);
    }

    /// <summary>Takes over the store's answer: those that are settled, null for all; the rest must be settled one by one.</summary>
    public void Answer(long[]? settled, SettleAnswer[] answers, List<int> others)
    {
        var known = settled is null ? null : new HashSet<long>(settled);
        for (var i = 0; i < _places.Count; i++)
        {
            if (known?.Contains(_ids[i]) == false)
                others.Add(_places[i]);
            else
                answers[_places[i]] = new(SettleStatus.Settled, JobState.Completed);
        }
    }

    private static bool IsPlain(Settlement settlement)
        => settlement is { Outcome: Outcome.Completed, Update: null, CodeStillRuns: false, Error: null }
            && settlement.Duration <= JobDefaults.HistoryAfter;

    /// <summary>By id; a run that is settled twice in one call is plain once.</summary>
    private void Sort(IReadOnlyList<Settlement> settlements, List<int> others)
    {
        _places.Sort((a, b) => settlements[a].Key.Job.Value.CompareTo(settlements[b].Key.Job.Value) is var order and not 0 ? order : a.CompareTo(b));
        for (var i = _places.Count - 1; i > 0; i--)
        {
            if (settlements[_places[i]].Key.Job != settlements[_places[i - 1]].Key.Job)
                continue;
            others.Add(_places[i]);
            _places.RemoveAt(i);
        }
    }
}
