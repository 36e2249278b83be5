using Microsoft.Data.Sqlite;

namespace PhotoIngest.Library;

/// <summary>One line for one statement. Parameters are <c>$1</c>, <c>$2</c>, …</summary>
internal static class SqliteSugar
{
    extension(SqliteConnection connection)
    {
        public int Execute(string sql, params ReadOnlySpan<object?> values)
        {
            using var command = connection.Command(sql, values);
            return command.ExecuteNonQuery();
        }

        public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
        {
            using var command = connection.Command(sql, values);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
                rows.Add(read(reader));
            return rows;
        }

        private SqliteCommand Command(string sql, ReadOnlySpan<object?> values)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
                command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
            return command;
        }
    }
}
