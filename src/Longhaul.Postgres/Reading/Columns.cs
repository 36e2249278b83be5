using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Columns of a row that has come whole: nothing waits for them.</summary>
internal static class Columns
{
    public static bool IsNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column);

    /// <summary>A text's UTF-8.</summary>
    public static byte[] Bytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? BytesOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Bytes(column);

    public static long[] Longs(this NpgsqlDataReader row, int column) => row.GetFieldValue<long[]>(column);

    public static string[]? TextsOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<string[]>(column);
}
