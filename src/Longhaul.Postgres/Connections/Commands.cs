using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Short words for statements: <c>connection.Command(sql).With(1L).With(text)</c>, in the order of <c>$1</c>, <c>$2</c>, …</summary>
internal static class Commands
{
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, NpgsqlTransaction? transaction = null) => new(sql, connection, transaction);

    public static NpgsqlBatchCommand Add(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, long? value) => command.With(NpgsqlDbType.Bigint, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, int? value) => command.With(NpgsqlDbType.Integer, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, bool? value) => command.With(NpgsqlDbType.Boolean, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, string? value) => command.With(NpgsqlDbType.Text, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, long[]? value) => command.With(NpgsqlDbType.Array | NpgsqlDbType.Bigint, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, int[]? value) => command.With(NpgsqlDbType.Array | NpgsqlDbType.Integer, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, bool[]? value) => command.With(NpgsqlDbType.Array | NpgsqlDbType.Boolean, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, string?[]? value) => command.With(NpgsqlDbType.Array | NpgsqlDbType.Text, value);

    public static NpgsqlCommand With(this NpgsqlCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(Parameter(type, value));
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(Parameter(type, value));
        return command;
    }

    public static string? TextOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? LongOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static int? IntOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    public static short? ShortOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt16(column);

    private static NpgsqlParameter Parameter(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
