using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Settlements in the columns of <c>lh_settle</c>.</summary>
internal sealed class SettleColumns(LaneSet lanes)
{
    private readonly List<long> _ids = [];
    private readonly List<long> _tokens = [];
    private readonly List<short> _outcomes = [];
    private readonly List<long> _delays = [];
    private readonly List<string?> _errorTypes = [];
    private readonly List<string?> _errorMessages = [];
    private readonly List<string?> _errorDetails = [];
    private readonly List<long> _retentions = [];
    private readonly List<bool> _hooks = [];
    private readonly List<string?> _reasons = [];
    private readonly List<long> _durations = [];
    private readonly List<bool> _codeRuns = [];
    private readonly List<bool> _hasUpdate = [];

    public UpdateColumns Updates { get; } = new(lanes);

    public void Add(Settlement settlement)
    {
        var error = settlement.Error?.Cleaned();
        _ids.Add(settlement.Key.Job.Value);
        _tokens.Add(settlement.Key.Token);
        _outcomes.Add((short)settlement.Outcome);
        _delays.Add(Moments.From(settlement.Delay));
        _errorTypes.Add(error?.Type);
        _errorMessages.Add(error?.Message);
        _errorDetails.Add(error?.Detail);
        _retentions.Add(Moments.From(settlement.Retention));
        _hooks.Add(settlement.FailedHook);
        _reasons.Add(settlement.Reason.Cleaned());
        _durations.Add(Moments.From(settlement.Duration));
        _codeRuns.Add(settlement.CodeStillRuns);
        _hasUpdate.Add(settlement.Update is not null);
        Updates.Add(settlement.Update);
    }

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddColumn(NpgsqlDbType.Bigint, _ids);
        parameters.AddColumn(NpgsqlDbType.Bigint, _tokens);
        parameters.AddColumn(NpgsqlDbType.Smallint, _outcomes);
        parameters.AddColumn(NpgsqlDbType.Bigint, _delays);
        parameters.AddColumn(NpgsqlDbType.Text, _errorTypes);
        parameters.AddColumn(NpgsqlDbType.Text, _errorMessages);
        parameters.AddColumn(NpgsqlDbType.Text, _errorDetails);
        parameters.AddColumn(NpgsqlDbType.Bigint, _retentions);
        parameters.AddColumn(NpgsqlDbType.Boolean, _hooks);
        parameters.AddColumn(NpgsqlDbType.Text, _reasons);
        parameters.AddColumn(NpgsqlDbType.Bigint, _durations);
        parameters.AddColumn(NpgsqlDbType.Boolean, _codeRuns);
        parameters.AddColumn(NpgsqlDbType.Boolean, _hasUpdate);
        Updates.AddTo(parameters);
    }
}
