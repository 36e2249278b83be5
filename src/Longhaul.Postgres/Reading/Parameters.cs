using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>The parameters of a statement that is put together from a filter: each is named where it is added.</summary>
internal sealed class Parameters
{
    private readonly List<(NpgsqlDbType Type, object Value)> _values = [];

    public string Add(long value) => Add(NpgsqlDbType.Bigint, value);

    public string Add(string value) => Add(NpgsqlDbType.Text, value);

    public string Add(long[] values) => Add(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    /// <summary>A pattern in which <c>*</c> stands for any characters, for LIKE.</summary>
    public string AddPattern(string pattern) => Add(pattern
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("%", "\\%", StringComparison.Ordinal)
        .Replace("_", "\\_", StringComparison.Ordinal)
        .Replace('*', '%'));

    public NpgsqlBatchCommand AddTo(NpgsqlBatch batch, string sql)
    {
        var command = batch.Add(sql);
        foreach (var (type, value) in _values)
            _ = command.With(type, value);
        return command;
    }

    private string Add(NpgsqlDbType type, object value)
    {
        _values.Add((type, value));
        return string.Create(CultureInfo.InvariantCulture, $"${_values.Count}");
    }
}
