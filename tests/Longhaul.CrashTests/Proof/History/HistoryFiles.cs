using System.Text.Json;

namespace Longhaul.Proof;

/// <summary>The files of a history: one a process, in one folder.</summary>
internal static class HistoryFiles
{
    public const string Pattern = "*.history";

    /// <summary>The events of all files of a folder, in the order of their stamps. The last line of a killed process may be cut: it is left out.</summary>
    public static List<HistoryEvent> Read(string folder)
    {
        var events = new List<HistoryEvent>();
        foreach (var file in Directory.EnumerateFiles(folder, Pattern).Order(StringComparer.Ordinal))
            events.AddRange(ReadFile(file));
        events.Sort(static (a, b) => a.T != b.T ? a.T.CompareTo(b.T) : a.Seq.CompareTo(b.Seq));
        return events;
    }

    /// <summary>The events of one file.</summary>
    public static List<HistoryEvent> ReadFile(string file) => new HistoryTail(file).ReadOn();
}

/// <summary>Reads on in a history file that is still being written.</summary>
internal sealed class HistoryTail(string file)
{
    private long _offset;

    /// <summary>The events since the last call.</summary>
    public List<HistoryEvent> ReadOn()
    {
        var events = new List<HistoryEvent>();
        if (!File.Exists(file))
            return events;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var length = stream.Length;
        if (length <= _offset)
            return events;
        var bytes = new byte[length - _offset];
        stream.Position = _offset;
        stream.ReadExactly(bytes);

        var rest = bytes.AsSpan();
        while (rest.IndexOf((byte)'\n') is var end and >= 0)
        {
            events.Add(JsonSerializer.Deserialize(rest[..end], HistoryJson.Default.HistoryEvent)!);
            rest = rest[(end + 1)..];
        }

        _offset = length - rest.Length;
        return events;
    }
}
