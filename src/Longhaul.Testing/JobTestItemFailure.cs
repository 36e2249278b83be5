using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Testing;

/// <summary>An item that failed while its loop went on.</summary>
public sealed class JobTestItemFailure
{
    private readonly ItemFailureRecord _record;

    internal JobTestItemFailure(ItemFailureRecord record) => _record = record;

    /// <summary>The path of the loop's phase; empty: the loop directly in the job.</summary>
    public string Phase => _record.Item.Loop;

    /// <summary>The item in words, where the handler gave any.</summary>
    public string? Label => _record.Label;

    /// <summary>The error's type name.</summary>
    public string ErrorType => _record.Error.Type;

    /// <summary>The error's message.</summary>
    public string Message => _record.Error.Message;

    /// <summary>How often it has been tried.</summary>
    public int Tries => _record.Tries;

    /// <summary>The item's cursor.</summary>
    public TCursor CursorAs<TCursor>() => JsonSerializer.Deserialize<TCursor>(_record.Item.Cursor, JobJson.Options)!;
}
