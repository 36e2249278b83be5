using System.Text.Json;
using StorageMigration.Commands;

namespace StorageMigration.Diagnosis;

/// <summary>Writes findings as they come: all of them into a file, the first of each kind also as lines.</summary>
internal sealed class AnalysisReport : IAsyncDisposable
{
    private const int MostLines = 20;

    private readonly CommandOutput _output;
    private readonly FileStream _file;
    private readonly Utf8JsonWriter _json;
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public AnalysisReport(string file, CommandOutput output)
    {
        (Path, _output) = (file, output);
        _file = File.Create(file);
        _json = new(_file, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartObject();
    }

    public string Path { get; }

    public void Write(string name, string value) => _json.WriteString(name, value);

    public void Write(string name, long value) => _json.WriteNumber(name, value);

    /// <summary>All findings of a kind.</summary>
    public async Task<long> WriteAsync(string kind, IAsyncEnumerable<Finding> findings, CancellationToken cancellationToken)
    {
        var count = 0L;
        _json.WriteStartArray(kind);
        await foreach (var finding in findings.WithCancellation(cancellationToken))
        {
            _json.WriteStartObject();
            _json.WriteString("key", finding.Key);
            _json.WriteString("detail", finding.Detail);
            _json.WriteEndObject();
            if (++count <= MostLines)
                _output.Line($"{kind.ToUpperInvariant()} {finding.Key}: {finding.Detail}");
            if (_json.BytesPending > 1 << 16)
                await _json.FlushAsync(cancellationToken);
        }

        _json.WriteEndArray();
        _counts[kind] = count;
        if (count > MostLines)
            _output.Line($"{kind.ToUpperInvariant()}: {count - MostLines} more, in {Path}");
        return count;
    }

    /// <summary>Counts, and the end of the file.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        _json.WriteStartObject("counts");
        foreach (var (kind, count) in _counts)
            _json.WriteNumber(kind, count);
        _json.WriteEndObject();
        _json.WriteEndObject();
        await _json.FlushAsync(cancellationToken);
        _output.Line($"{string.Join(", ", _counts.Select(static pair => $"{pair.Value} {pair.Key}"))}; all of them in {Path}");
    }

    public async ValueTask DisposeAsync()
    {
        // A report that was broken off is not closed: nobody shall take it for a whole one.
        _json.Reset();
        await _json.DisposeAsync();
        await _file.DisposeAsync();
    }
}
