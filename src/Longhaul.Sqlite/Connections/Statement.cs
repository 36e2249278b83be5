using SQLitePCL;

namespace Longhaul.Sqlite;

/// <summary>A prepared statement: parameters are numbered from 1, columns from 0, as SQLite has it.</summary>
internal sealed class Statement(Connection connection, sqlite3_stmt handle) : IDisposable
{
    public Statement Set(int index, long value)
    {
        _ = raw.sqlite3_bind_int64(handle, index, value);
        return this;
    }

    public Statement Set(int index, long? value)
    {
        _ = value is { } number ? raw.sqlite3_bind_int64(handle, index, number) : raw.sqlite3_bind_null(handle, index);
        return this;
    }

    public Statement Set(int index, bool value) => Set(index, value ? 1L : 0L);

    public Statement Set(int index, double value)
    {
        _ = raw.sqlite3_bind_double(handle, index, value);
        return this;
    }

    public Statement Set(int index, string? value)
    {
        _ = value is null ? raw.sqlite3_bind_null(handle, index) : raw.sqlite3_bind_text(handle, index, value);
        return this;
    }

    /// <summary>Text that is UTF-8 already.</summary>
    public Statement SetUtf8(int index, ReadOnlySpan<byte> value)
    {
        _ = raw.sqlite3_bind_text(handle, index, value);
        return this;
    }

    /// <summary>Text that is UTF-8 already, or nothing.</summary>
    public Statement SetJson(int index, byte[]? value)
    {
        _ = value is null ? raw.sqlite3_bind_null(handle, index) : raw.sqlite3_bind_text(handle, index, value.AsSpan());
        return this;
    }

    public Statement SetBlob(int index, ReadOnlySpan<byte> value)
    {
        _ = raw.sqlite3_bind_blob(handle, index, value);
        return this;
    }

    public Statement SetNull(int index)
    {
        _ = raw.sqlite3_bind_null(handle, index);
        return this;
    }

    /// <summary>Goes to the next row. False at the end, when the statement is ready to run again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
            return true;

        var fault = code == raw.SQLITE_DONE ? null : connection.Fault(code);
        _ = raw.sqlite3_reset(handle);
        return fault is null ? false : throw fault;
    }

    /// <summary>Runs a statement whose rows, if any, are of no interest.</summary>
    public void Run()
    {
        if (Step())
            Reset();
    }

    /// <summary>Runs a statement and says how many rows it changed.</summary>
    public int RunCounted()
    {
        Run();
        return connection.Changes;
    }

    /// <summary>Goes to the first row; when there is one, the caller reads it and then calls <see cref="Reset"/>.</summary>
    public bool First() => Step();

    /// <summary>The first column of the first row as a number; null: no row, or NULL.</summary>
    public long? Scalar()
    {
        if (!Step())
            return null;
        var value = LongOrNull(0);
        Reset();
        return value;
    }

    /// <summary>Gives up the rows that were not read. A statement left in a row would hold its read snapshot open.</summary>
    public void Reset() => _ = raw.sqlite3_reset(handle);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(handle, column);

    public int Int(int column) => (int)raw.sqlite3_column_int64(handle, column);

    public bool Bool(int column) => raw.sqlite3_column_int64(handle, column) != 0;

    public double Double(int column) => raw.sqlite3_column_double(handle, column);

    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    public string Text(int column) => System.Text.Encoding.UTF8.GetString(Bytes(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>The bytes of a text, valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column).ToArray();

    public void Dispose() => handle.Dispose();
}
