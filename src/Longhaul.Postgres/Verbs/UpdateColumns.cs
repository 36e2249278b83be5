using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>What runs have to tell, in the columns that <c>lh_flush</c>, <c>lh_save</c> and <c>lh_settle</c> share; a row each, also for who tells nothing.</summary>
internal sealed class UpdateColumns(LaneSet lanes)
{
    private readonly List<bool> _headway = [];
    private readonly List<ReadOnlyMemory<byte>?> _progress = [];
    private readonly List<ReadOnlyMemory<byte>?> _checkpoints = [];
    private readonly List<long> _orders = [];
    private readonly List<bool> _keep = [];
    private readonly List<string?> _phases = [];
    private readonly List<ReadOnlyMemory<byte>?> _results = [];
    private readonly List<int> _logOf = [];
    private readonly List<long> _logAt = [];
    private readonly List<short> _logLevels = [];
    private readonly List<string?> _logTexts = [];
    private readonly List<int> _childOf = [];
    private readonly JsonRows _rows = new();
    private readonly JsonRows _children = new();

    /// <summary>The queues of the jobs that runs have enqueued.</summary>
    public HashSet<string> Queues { get; } = [];

    public void Add(RunUpdate? update)
    {
        _headway.Add(update?.Headway == true);
        _progress.Add(update?.Progress is { } progress ? Json.Of(progress) : default(ReadOnlyMemory<byte>?));
        _checkpoints.Add(update?.Checkpoint?.Body);
        _orders.Add(update?.Checkpoint?.Order ?? 0);
        _keep.Add(update?.Checkpoint?.Keep == true);
        _phases.Add(update?.Checkpoint?.Phase.Cleaned());
        _results.Add(update?.Result);
        if (update is null)
            return;

        var at = _headway.Count;
        foreach (var line in update.Logs)
        {
            _logOf.Add(at);
            _logAt.Add(Moments.From(line.At));
            _logLevels.Add((short)line.Level);
            _logTexts.Add(line.Text.Cleaned(JobLimits.LogLineLength));
        }

        foreach (var trace in update.Traces)
            _rows.Add(at, trace);
        foreach (var failure in update.ItemFailures)
            _rows.Add(at, failure);
        foreach (var item in update.MendedItems)
            _rows.Add(at, item);
        foreach (var child in update.Children)
        {
            _childOf.Add(at);
            _children.Add(at, child, lanes[child.Queue, child.Name].Id);
            Queues.Add(child.Queue);
        }
    }

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddColumn(NpgsqlDbType.Boolean, _headway);
        parameters.AddColumn(NpgsqlDbType.Text, _progress);
        parameters.AddColumn(NpgsqlDbType.Text, _checkpoints);
        parameters.AddColumn(NpgsqlDbType.Bigint, _orders);
        parameters.AddColumn(NpgsqlDbType.Boolean, _keep);
        parameters.AddColumn(NpgsqlDbType.Text, _phases);
        parameters.AddColumn(NpgsqlDbType.Text, _results);
        parameters.AddColumn(NpgsqlDbType.Integer, _logOf.Count == 0 ? null : _logOf);
        parameters.AddColumn(NpgsqlDbType.Bigint, _logOf.Count == 0 ? null : _logAt);
        parameters.AddColumn(NpgsqlDbType.Smallint, _logOf.Count == 0 ? null : _logLevels);
        parameters.AddColumn(NpgsqlDbType.Text, _logOf.Count == 0 ? null : _logTexts);
        parameters.AddOne(NpgsqlDbType.Text, _rows.End());
        parameters.AddColumn(NpgsqlDbType.Integer, _childOf.Count == 0 ? null : _childOf);
        parameters.AddOne(NpgsqlDbType.Text, _children.End());
    }

    /// <summary>The jobs that runs have enqueued, whose lanes must be known first.</summary>
    public static List<NewJob> ChildrenOf(IEnumerable<RunUpdate?> updates) => [.. updates.Where(static u => u is { Children.Count: > 0 }).SelectMany(static u => u!.Children)];
}
