using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Values in columns become parameters: one array each.</summary>
internal static class ColumnParameters
{
    /// <summary>An array; null where no row has anything to say in it.</summary>
    public static void AddColumn<T>(this NpgsqlParameterCollection parameters, NpgsqlDbType type, List<T>? column)
    {
        parameters.Add(column is null
            ? new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = DBNull.Value }
            : new NpgsqlParameter<List<T>> { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = column });
    }

    public static void AddOne<T>(this NpgsqlParameterCollection parameters, NpgsqlDbType type, T value)
        => parameters.Add(new NpgsqlParameter<T> { NpgsqlDbType = type, TypedValue = value });

    public static void AddOne(this NpgsqlParameterCollection parameters, NpgsqlDbType type, object? value)
        => parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });

    /// <summary>The test's clock, or null.</summary>
    public static void AddNow(this NpgsqlParameterCollection parameters, Database database) => parameters.AddOne(NpgsqlDbType.Bigint, (object?)database.Now);
}
